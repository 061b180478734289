import DivergenceStore
import ParallaxCore

/// What a fleet's databases say about causes, of verdicts and of what remains.
struct CauseFigures {
    let report: DivergenceReport
    /// Divergences kept one by one.
    let rows: [StoredDivergence]

    typealias Counts = [DivergenceCause: Int]

    /// Causes of divergences in the verdict or in the window named.
    var verdicts: Counts { counts { $0 != .quotaDrift } }
    /// Causes of divergences only in what remains.
    var drifts: Counts { counts { $0 == .quotaDrift } }
    var all: Counts { counts { _ in true } }

    /// Requests that stand in any figure of the report.
    var accountedFor: Int {
        report.compared + report.incomparable.values.reduce(0, +) + report.dropped.values.reduce(0, +)
    }

    func count(_ causes: DivergenceCause...) -> Int { causes.reduce(0) { $0 + (all[$1] ?? 0) } }

    /// Causes that turned up and were not expected.
    func unexpected(_ expected: Set<DivergenceCause>) -> Counts { all.filter { !expected.contains($0.key) } }

    private func counts(_ isIncluded: (DivergenceKind) -> Bool) -> Counts {
        var counts: Counts = [:]
        for (kind, causes) in report.causesByKind where DivergenceKind(rawValue: kind).map(isIncluded) ?? true {
            for (cause, count) in causes {
                counts[DivergenceCause(rawValue: cause) ?? .unexplained, default: 0] += count
            }
        }
        return counts
    }

    /// Prints one scenario's lines of the table, and examples of what it cannot have.
    func show(_ scenario: String, expected: Set<DivergenceCause>) {
        print("\(scenario): \(report.compared) compared, \(report.diverged) diverged")
        print("    verdicts: \(Self.text(verdicts))")
        print("    remaining: \(Self.text(drifts))")
        if !report.incomparable.isEmpty { print("    incomparable: \(report.incomparable)") }
        for row in rows.filter({ !expected.contains($0.cause) }).prefix(5) {
            print("    not expected: \(row)")
        }
    }

    private static func text(_ counts: Counts) -> String {
        guard !counts.isEmpty else { return "none" }
        return DivergenceCause.allCases
            .compactMap { cause in counts[cause].map { "\(cause.rawValue) \($0)" } }.joined(separator: ", ")
    }
}
