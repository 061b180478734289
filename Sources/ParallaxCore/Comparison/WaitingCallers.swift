import Synchronization

/// Since when callers wait for the candidate: a fixed table of start times that is written without a lock.
///
/// A caller that never gets its answer leaves no response time behind; here it shows for as long as it waits. Only
/// requests that suspend enter: where control decides, no one waits and nothing is paid.
package final class WaitingCallers: Sendable {
    /// How long those who wait have waited, at one moment.
    package struct Ages: Equatable, Sendable {
        package var samples = LatencyHistogram()
        /// Callers who wait and found no place in the table, so that it is not known since when.
        package var untracked = 0

        package init() {}
    }

    /// One caller's place in the table; `nil` if there was none.
    package struct Place: Equatable, Sendable {
        fileprivate let index: Int?
    }

    // As a literal in the type below.
    private static let places = 4_096
    /// Places that a caller tries before it goes without.
    private static let tries = 8

    /// In nanoseconds of the uptime; zero is a free place.
    private let starts: InlineArray<4_096, Atomic<Int64>>
    private let next = Atomic<Int>(0)
    private let untracked = Atomic<Int>(0)

    package init() {
        starts = InlineArray { _ in Atomic(0) }
    }

    /// Holds a place while something is waited for.
    ///
    /// - Parameter start: When the request was taken up, on a monotonic clock.
    package func waiting<Value: Sendable>(since start: Duration, for body: () async -> Value) async -> Value {
        let place = enter(since: start)
        defer { leave(place) }
        return await body()
    }

    package func enter(since start: Duration) -> Place {
        let nanoseconds = max(1, LatencyHistogram.nanoseconds(of: start))
        let first = next.wrappingAdd(1, ordering: .relaxed).newValue
        for step in 0..<Self.tries {
            let index = (first &+ step) & (Self.places - 1)
            if starts[index].compareExchange(expected: 0, desired: nanoseconds, ordering: .relaxed).exchanged {
                return Place(index: index)
            }
        }
        untracked.wrappingAdd(1, ordering: .relaxed)
        return Place(index: nil)
    }

    /// Gives the place back, before the response time is counted: a reader that fetches the counts first and looks here
    /// afterwards sees no request twice.
    package func leave(_ place: Place) {
        if let index = place.index {
            starts[index].store(0, ordering: .releasing)
        } else {
            untracked.wrappingSubtract(1, ordering: .relaxed)
        }
    }

    /// Looks at every place: microseconds, for the evaluator and not for requests.
    package func ages(at now: Duration) -> Ages {
        var ages = Ages()
        for index in 0..<Self.places {
            let start = starts[index].load(ordering: .relaxed)
            if start != 0 { ages.samples.record(now - .nanoseconds(start)) }
        }
        ages.untracked = untracked.load(ordering: .relaxed)
        return ages
    }
}
