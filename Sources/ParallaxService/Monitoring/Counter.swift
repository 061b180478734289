import Synchronization

/// A number that only grows, counted by many threads at once without a lock.
final class Counter: Sendable {
    private let count = Atomic<Int>(0)

    var value: Int { count.load(ordering: .relaxed) }

    func add(_ amount: Int = 1) {
        count.wrappingAdd(amount, ordering: .relaxed)
    }
}

/// One counter for each case of an enumeration, made once and never changed.
struct CounterTable<Label: CaseIterable & Hashable & RawRepresentable<String> & Sendable>: Sendable {
    private let counters: [Label: Counter]

    init() {
        counters = Dictionary(uniqueKeysWithValues: Label.allCases.map { ($0, Counter()) })
    }

    func add(_ label: Label) {
        counters[label]!.add()
    }

    /// The counts in the order of the cases.
    var counts: [(label: String, count: Int)] {
        Label.allCases.map { ($0.rawValue, counters[$0]!.value) }
    }
}

/// How durations are spread, in buckets of fixed bounds.
final class Histogram: Sendable {
    /// The upper bounds in seconds: from what memory takes to the longest response time that applications can report.
    static let bounds: [Double] = [
        0.000_01, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1,
        2.5, 5, 10, 30, 60, 120, 300, 600,
    ]

    private static let boundsInNanoseconds = bounds.map { Int64(($0 * 1e9).rounded()) }
    /// How many fell into each bucket, the last one without a bound.
    private let buckets = (0...Histogram.bounds.count).map { _ in Counter() }
    private let nanoseconds = Counter()

    func observe(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        let elapsed = max(0, seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
        let bounds = Self.boundsInNanoseconds
        var index = 0
        while index < bounds.count, elapsed > bounds[index] { index += 1 }
        buckets[index].add()
        nanoseconds.add(Int(elapsed))
    }

    /// How many took at most each bound, and at last how many there were at all.
    var cumulativeCounts: [Int] {
        var sum = 0
        return buckets.map { bucket in
            sum += bucket.value
            return sum
        }
    }

    var sumInSeconds: Double { Double(nanoseconds.value) / 1e9 }
}
