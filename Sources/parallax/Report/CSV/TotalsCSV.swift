import DivergenceStore
import ParallaxCore

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
