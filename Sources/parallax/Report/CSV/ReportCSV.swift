import DivergenceStore
import ParallaxCore

/// Writes a report's records piece by piece, so that no number of them fills the memory.
struct ReportCSV {
    /// At once: few enough rows for memory, and few enough pieces for speed.
    private static let pieceMilliseconds: Int64 = 600_000

    let stores: [DivergenceStore]
    let filter: DivergenceFilter
    let rows: CSVRows

    /// - Parameter report: Of the same databases and filter: it says from when to when there is anything.
    func write(_ report: DivergenceReport, to sink: inout ReportOutput.Sink) async throws {
        try sink.write(CSV.line(rows == .totals ? TotalsCSV.columns : DivergencesCSV.columns))
        guard var start = report.from, let last = report.to else { return }
        let end = min(last + 60_000, filter.until ?? last + 60_000)
        start = max(start, filter.since ?? start)
        while start < end {
            let next = min(end, start.startOfMinute + Self.pieceMilliseconds)
            for store in stores { try await write(store, start..<next, to: &sink) }
            start = next
        }
    }

    private func write(
        _ store: DivergenceStore, _ times: Range<Timestamp>, to sink: inout ReportOutput.Sink
    ) async throws {
        var filter = filter
        (filter.since, filter.until) = (times.lowerBound, times.upperBound)
        switch rows {
        case .totals:
            for total in try await store.totals(filter) { try sink.write(TotalsCSV.line(total)) }
        case .divergences:
            for divergence in try await store.divergences(filter, limit: .max).reversed() {
                try sink.write(DivergencesCSV.line(divergence))
            }
        }
    }
}

/// What the lines of a CSV are.
enum CSVRows: String, CaseIterable, Sendable {
    case totals
    case divergences
}
