/// What the measurements of the store came to.
struct StoreBenchmarkResult: Sendable {
    /// Divergences that must be accepted in a second while others are written.
    static let leastAccepted = 100_000.0
    /// Rows that must be written in a second.
    static let leastWritten = 50_000.0
    /// What a report may take.
    static let mostSeconds = 1.0

    let size: StoreDatabase.Size
    var accepting: [AcceptingMeasurement.Outcome] = []
    var rowsPerSecond: [Double] = []
    var reportSeconds: [Double] = []
    /// What the single-file page reads next to the report.
    var pageSeconds: [Double] = []
    var fillSeconds = 0.0
    var bytes = 0

    /// The figures next to their bounds.
    var figures: [BoundedFigure] {
        accepted(threads: 1) + accepted(threads: 2) + [
            BoundedFigure(
                "rows into SQLite with its indexes", rowsPerSecond.median, "rows/s", decimals: 0,
                bound: .atLeast(Self.leastWritten)),
            BoundedFigure(
                "report and gate", reportSeconds.median, "s", decimals: 3, bound: .atMost(Self.mostSeconds)),
            BoundedFigure("  compared requests in it", Double(size.compared), decimals: 0),
            BoundedFigure("  divergences stored one by one", Double(size.divergences), decimals: 0),
            BoundedFigure("  days of records", Double(size.days), decimals: 0),
            BoundedFigure("  database", Double(bytes) / 1_048_576, "MiB", decimals: 0),
            BoundedFigure("what the HTML page reads besides", pageSeconds.median, "s", decimals: 3),
        ]
    }

    private func accepted(threads: Int) -> [BoundedFigure] {
        let outcomes = accepting.filter { $0.threads == threads }
        let name = threads == 1 ? "one thread" : "\(threads) threads"
        return [
            BoundedFigure(
                "\(name): accepted while writing", outcomes.map(\.perSecond).median, "divergences/s", decimals: 0,
                bound: .atLeast(Self.leastAccepted)),
            BoundedFigure(
                "\(name): processor time of a request", outcomes.map(\.nanoseconds).median, "ns", decimals: 0),
            BoundedFigure(
                "\(name): slowest of a thousand", outcomes.map(\.slowestOfThousandMicroseconds).median, "µs"),
        ]
    }
}

extension StoreBenchmarkResult: Encodable {
    private enum Key: String, CodingKey {
        case figures, size, accepting, rowsPerSecond, reportSeconds, pageSeconds, fillSeconds
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(figures, forKey: .figures)
        try container.encode(size, forKey: .size)
        try container.encode(accepting, forKey: .accepting)
        try container.encode(rowsPerSecond, forKey: .rowsPerSecond)
        try container.encode(reportSeconds, forKey: .reportSeconds)
        try container.encode(pageSeconds, forKey: .pageSeconds)
        try container.encode(fillSeconds, forKey: .fillSeconds)
    }
}
