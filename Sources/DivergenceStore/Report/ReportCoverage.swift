package import ParallaxCore

/// What a report's figures stand on in time: which minutes hold records, and which instances were up.
package struct ReportCoverage: Codable, Equatable, Sendable {
    /// Minutes in a row without any record.
    package struct Gap: Codable, Equatable, Sendable {
        package var from: Timestamp
        /// The start of the next minute that holds a record.
        package var to: Timestamp

        package init(from: Timestamp, to: Timestamp) {
            self.from = from
            self.to = to
        }
    }

    /// Every process that recorded under one name.
    package struct Instance: Codable, Equatable, Sendable {
        package var name: String
        package var starts: Int
        /// From the first start to the last flush.
        package var from: Timestamp
        package var to: Timestamp
        /// Between the last flush of one process and the start of the next.
        package var downMilliseconds: Int64

        package init(name: String, starts: Int, from: Timestamp, to: Timestamp, downMilliseconds: Int64) {
            self.name = name
            self.starts = starts
            self.from = from
            self.to = to
            self.downMilliseconds = downMilliseconds
        }
    }

    /// The most gaps that are listed.
    package static let maximumGaps = 20

    /// Minutes from the first to the last that hold anything, both included.
    package var minutes = 0
    package var recordedMinutes = 0
    /// Minutes in between without any record, while an instance was up: no traffic, or a strategy that does not compare.
    package var idleMinutes = 0
    /// Those in which no instance was up.
    package var gapMinutes = 0
    /// The longest stretches without any record, in the order of time.
    package var gaps: [Gap] = []
    package var instances: [Instance] = []

    package init() {}
}

/// The minutes that hold records and the runs of instances, from one database after the other.
struct CoverageCounts: Sendable {
    /// One process, from its start to its last flush.
    struct InstanceRun: Sendable {
        let name: String
        let start: Timestamp
        let end: Timestamp
    }

    private static let minute: Int64 = 60_000

    private(set) var minutes: Set<Timestamp> = []
    private(set) var runs: [InstanceRun] = []

    mutating func add(minute: Timestamp) {
        minutes.insert(minute)
    }

    mutating func add(_ runs: [InstanceRun]) {
        self.runs += runs
    }

    func makeCoverage() -> ReportCoverage {
        var coverage = ReportCoverage()
        coverage.instances = instances
        let sorted = minutes.sorted()
        guard let first = sorted.first, let last = sorted.last else { return coverage }
        coverage.minutes = Int((last - first) / Self.minute) + 1
        coverage.recordedMinutes = sorted.count
        let gaps = zip(sorted, sorted.dropFirst())
            .filter { $1 - $0 > Self.minute }
            .map { ReportCoverage.Gap(from: $0 + Self.minute, to: $1) }
        coverage.idleMinutes = idleMinutes(in: gaps)
        coverage.gapMinutes = coverage.minutes - coverage.recordedMinutes - coverage.idleMinutes
        coverage.gaps = gaps.sorted { $0.length > $1.length }.prefix(ReportCoverage.maximumGaps)
            .sorted { $0.from < $1.from }
        return coverage
    }

    private var instances: [ReportCoverage.Instance] {
        Dictionary(grouping: runs) { ExactText($0.name) }.sorted { $0.key < $1.key }.map { name, runs in
            let runs = runs.sorted { $0.start < $1.start }
            let down = zip(runs, runs.dropFirst()).reduce(Int64(0)) { $0 + max(0, $1.1.start - $1.0.end) }
            return .init(
                name: name.text, starts: runs.count, from: runs[0].start, to: runs.map(\.end).max() ?? runs[0].end,
                downMilliseconds: down)
        }
    }

    /// Whole minutes of the gaps in which any instance was up.
    private func idleMinutes(in gaps: [ReportCoverage.Gap]) -> Int {
        let spans = spansUp
        var next = 0
        var minutes = 0
        for gap in gaps {
            while next < spans.count, spans[next].end <= gap.from { next += 1 }
            var index = next
            while index < spans.count, spans[index].start < gap.to {
                minutes += Int(max(0, min(spans[index].end, gap.to) - max(spans[index].start, gap.from)) / Self.minute)
                index += 1
            }
        }
        return minutes
    }

    /// The times in which any instance was up, apart from each other and in order.
    private var spansUp: [(start: Timestamp, end: Timestamp)] {
        var spans: [(start: Timestamp, end: Timestamp)] = []
        for life in runs.sorted(by: { $0.start < $1.start }) {
            if let last = spans.last, life.start <= last.end {
                spans[spans.count - 1].end = max(last.end, life.end)
            } else {
                spans.append((life.start, life.end))
            }
        }
        return spans
    }
}

extension ReportCoverage.Gap {
    fileprivate var length: Int64 { to - from }
}
