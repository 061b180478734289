import ParallaxCore

/// Counts the verdicts that callers report of their own limiters, and what the modelled control made of them.
final class ReportMetrics: Sendable {
    /// By whether the report, and the model, allowed.
    private let verdicts = (0..<4).map { _ in Counter() }
    private let final = Counter()
    private let ignored = Counter()
    private let ignoredTimes = Counter()
    private let uncompared = CounterTable<DivergenceKind>()

    func count(_ report: ReportedControl) {
        verdicts[Self.place(report.verdict.isAllowed, report.model.isAllowed)].add()
        if report.verdict.isFinal { final.add() }
        if report.hasIgnoredTime { ignoredTimes.add() }
    }

    func countIgnored() { ignored.add() }

    func countUncompared(_ comparison: Comparison) {
        guard let kind = comparison.reported?.uncomparedKind(with: comparison.candidate.decision) else { return }
        uncompared.add(kind)
    }

    func write(to text: inout PrometheusText) {
        text.begin(
            "parallax_reported_verdicts_total", .counter,
            help: "Verdicts that callers reported of their own limiters, and what the model that follows them said.")
        for isAllowed in [true, false] {
            for modelAllows in [true, false] {
                text.sample(
                    "parallax_reported_verdicts_total",
                    ["reported": Self.name(isAllowed), "model": Self.name(modelAllows)],
                    verdicts[Self.place(isAllowed, modelAllows)].value)
            }
        }
        text.begin(
            "parallax_reported_final_total", .counter,
            help: "Reported verdicts on which the caller had acted already, so that nothing was enforced.")
        text.sample("parallax_reported_final_total", final.value)
        text.begin(
            "parallax_reported_ignored_total", .counter,
            help: "Reported verdicts in distributed_only, where they count for nothing.")
        text.sample("parallax_reported_ignored_total", ignored.value)
        text.begin(
            "parallax_reported_times_ignored_total", .counter,
            help: "Reported verdicts whose at_ms was more than 10 s from the instance's clock, and was ignored.")
        text.sample("parallax_reported_times_ignored_total", ignoredTimes.value)
        text.begin(
            "parallax_uncompared_kinds_total", .counter,
            help: "Comparisons whose report held too little to compare this kind of divergence.")
        for (kind, count) in uncompared.counts where count > 0 || Self.needsMore(kind) {
            text.sample("parallax_uncompared_kinds_total", ["kind": kind], count)
        }
    }

    private static func needsMore(_ kind: String) -> Bool {
        kind == DivergenceKind.differentWindow.rawValue || kind == DivergenceKind.quotaDrift.rawValue
    }

    private static func name(_ isAllowed: Bool) -> String { isAllowed ? "allowed" : "limited" }

    private static func place(_ isAllowed: Bool, _ modelAllows: Bool) -> Int {
        (isAllowed ? 0 : 2) + (modelAllows ? 0 : 1)
    }
}
