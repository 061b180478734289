import CommandSupport
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

/// The columns of `parallax report --format csv`: they never change their meaning; new ones come at the end.
enum TotalsCSV {
    static let columns = [
        "minute", "organization", "outcome", "detail", "cause", "requests", "stored", "control_allowed",
        "control_limited", "candidate_allowed", "candidate_limited",
    ]

    static func line(_ total: TotalLine) -> String {
        CSV.line([
            .text(total.minute.iso8601), total.organization.map(CSV.Cell.text) ?? .empty, .text(total.outcome),
            .text(total.detail), .text(total.cause), .number(total.requests), .number(total.stored),
            .number(total.control.allowed), .number(total.control.limited), .number(total.candidate.allowed),
            .number(total.candidate.limited),
        ])
    }
}

/// The columns of `parallax report --format csv --rows divergences`: they never change their meaning; new ones come at the
/// end. Units in windows stand in the policy's order, with spaces between them.
enum DivergencesCSV {
    static let columns =
        ["time", "instance", "organization", "identifier", "cost", "kind", "cause", "enforced", "windows", "limits"]
        + ["control", "candidate"].flatMap { side in
            ["verdict", "limited_by", "used", "retry_after_ms", "duration_us"].map { "\(side)_\($0)" }
        } + ["own_units", "clock_offset_ms", "control_algorithm"]

    static func line(_ divergence: StoredDivergence) -> String {
        let windows = divergence.candidate.windows.map(\.window)
        var cells: [CSV.Cell] = [
            .text(divergence.time.iso8601), .text(divergence.instance), .text(divergence.organization),
            .text(divergence.identifier), .number(divergence.cost), .text(divergence.kind.rawValue),
            .text(divergence.cause.rawValue), .text(divergence.enforced.rawValue),
            .text(windows.map(\.name).joined(separator: " ")), numbers(windows.map(\.limit)),
        ]
        cells += verdict(divergence.control) + verdict(divergence.candidate)
        cells += [
            numbers(divergence.evidence.ownUnits),
            divergence.evidence.clockOffsetMilliseconds.map { .number(Int($0)) } ?? .empty,
            .text(divergence.evidence.controlAlgorithm.rawValue),
        ]
        return CSV.line(cells)
    }

    private static func verdict(_ verdict: StoredDivergence.Verdict) -> [CSV.Cell] {
        [
            .text(verdict.isAllowed ? "allowed" : "limited"), verdict.limitedBy.map(CSV.Cell.text) ?? .empty,
            numbers(verdict.windows.map(\.used)), .number(Int(verdict.retryAfterMilliseconds)),
            .number(Int(verdict.durationMicroseconds)),
        ]
    }

    private static func numbers(_ numbers: [Int]) -> CSV.Cell {
        numbers.isEmpty ? .empty : .text(numbers.map(String.init).joined(separator: " "))
    }
}

/// Lines of comma-separated values as RFC 4180 has them, harmless to spreadsheets.
enum CSV {
    enum Cell: Sendable {
        case text(String)
        /// A number of ours: it may begin with a minus.
        case number(Int)
        /// Of what is not known.
        case empty
    }

    /// A record with its line end.
    static func line(_ cells: [Cell]) -> String {
        cells.map(field).joined(separator: ",") + "\r\n"
    }

    static func line(_ names: [String]) -> String {
        line(names.map(Cell.text))
    }

    private static func field(_ cell: Cell) -> String {
        switch cell {
        case .text(let text): quoted(disarmed(text))
        case .number(let number): String(number)
        case .empty: ""
        }
    }

    /// A spreadsheet takes a text that begins in one of these ways for a formula, and a formula can send data away. A quote
    /// before it makes it text again.
    private static func disarmed(_ text: String) -> String {
        let visible = text.escapedForTerminal
        guard let first = text.unicodeScalars.first, "=+-@\t\r\n＝＋－＠".unicodeScalars.contains(first) else {
            return visible
        }
        return "'" + visible
    }

    private static func quoted(_ text: String) -> String {
        let needsQuotes =
            text.unicodeScalars.contains { ",\"\r\n".unicodeScalars.contains($0) }
            || text.first == " " || text.last == " "
        return needsQuotes ? "\"" + text.replacing("\"", with: "\"\"") + "\"" : text
    }
}
