import ParallaxCore

/// The minutes that hold records and the lives of instances, from one database after the other.
struct CoverageCounts: Sendable {
    /// One process, from its start to its last flush.
    struct Life: Sendable {
        let name: String
        let start: Timestamp
        let end: Timestamp
    }

    private static let minute: Int64 = 60_000

    private(set) var minutes: Set<Timestamp> = []
    private(set) var lives: [Life] = []

    mutating func add(minute: Timestamp) {
        minutes.insert(minute)
    }

    mutating func add(_ lives: [Life]) {
        self.lives += lives
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
        Dictionary(grouping: lives) { ExactText($0.name) }.sorted { $0.key < $1.key }.map { name, lives in
            let lives = lives.sorted { $0.start < $1.start }
            let down = zip(lives, lives.dropFirst()).reduce(Int64(0)) { $0 + max(0, $1.1.start - $1.0.end) }
            return .init(
                name: name.text, starts: lives.count, from: lives[0].start, to: lives.map(\.end).max() ?? lives[0].end,
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
        for life in lives.sorted(by: { $0.start < $1.start }) {
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
