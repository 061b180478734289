import DivergenceStore
import ParallaxCore

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
