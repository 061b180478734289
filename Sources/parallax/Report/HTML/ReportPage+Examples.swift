import CommandSupport
import DivergenceStore
import ParallaxCore

/// From a total to its examples, with both sides' evidence.
extension ReportPage {
    var examples: [HTML] {
        guard !details.groups.isEmpty else { return [] }
        let unexplained = details.groups.filter { $0.cause == .unexplained }
        let others = details.groups.filter { $0.cause != .unexplained }
        return [
            .subheading("Examples"),
            .paragraph("The newest of every kind and cause. Open a group, then an example, for what both sides saw."),
        ] + (unexplained + others).map(group)
    }

    private func group(_ group: ReportDetails.Group) -> HTML {
        let count = report.causesByKind[group.kind.rawValue]?[group.cause.rawValue] ?? 0
        return .details(
            summary: [
                .text("\(group.kind.rawValue), \(group.cause.rawValue)"),
                .element("span", [:], [.text(" · \(NumberFormat.counted(count, "request"))")]),
            ],
            [.paragraph("\(group.kind.meaning) \(group.cause.meaning)")] + group.examples.map(example))
    }

    private func example(_ divergence: StoredDivergence) -> HTML {
        .details(
            summary: [
                .text("\(divergence.identifier) of \(divergence.organization)"),
                .element("span", [:], [.text(" · \(divergence.time.text) UTC on \(divergence.instance)")]),
            ], [verdicts(divergence).html, windows(divergence).html, evidence(divergence)])
    }

    private func verdicts(_ divergence: StoredDivergence) -> HTMLTable {
        var table = HTMLTable(
            "A request of \(NumberFormat.counted(divergence.cost, "unit")); the caller got the verdict of \(divergence.enforced.rawValue)",
            [
                .text("side"), .text("verdict"), .number("retry after"), .number("took"),
                .text("judged at, on its own clock"),
            ])
        for (name, verdict) in [("control", divergence.control), ("candidate", divergence.candidate)] {
            table.add(
                name, verdict.limitingWindow.map { "limited by \($0)" } ?? "allowed",
                verdict.isAllowed ? "-" : "\(NumberFormat.count(Int(verdict.retryAfterMilliseconds))) ms",
                NumberFormat.time(microseconds: verdict.durationMicroseconds),
                verdict.judgedAt.map(\.textToTheMillisecond) ?? "-")
        }
        return table
    }

    private func windows(_ divergence: StoredDivergence) -> HTMLTable {
        var table = HTMLTable(
            "Units in each window after the decision",
            [
                .text("window"), .number("limit"), .number("control holds"), .number("candidate holds"),
                .number("sent by this instance"),
            ])
        for (index, use) in divergence.candidate.windows.enumerated() {
            let control = divergence.control.windows.first { $0.window.name == use.window.name }
            let own = divergence.evidence.ownUnits
            table.add(
                use.window.name, NumberFormat.count(use.window.limit),
                control.map { NumberFormat.count($0.used) } ?? "-",
                NumberFormat.count(use.used), index < own.count ? NumberFormat.count(own[index]) : "not known")
        }
        return table
    }

    private func evidence(_ divergence: StoredDivergence) -> HTML {
        let evidence = divergence.evidence
        var facts = ["Control counts by \(evidence.controlAlgorithm.rawValue)."]
        if let reported = divergence.reported { facts.append(DivergenceText.sentence(reported) + ".") }
        if let offset = evidence.clockOffsetMilliseconds {
            facts.append("The clock of Redis was \(offset) ms ahead of the instance's.")
        }
        if let since = evidence.controlRemembersSince {
            facts.append("Control remembers since \(since.text) UTC.")
        }
        if let time = evidence.controlEvictedAt {
            facts.append("Control dropped the identity at \(time.text) UTC.")
        }
        if let policy = evidence.controlPolicyFingerprint, policy != divergence.policyFingerprint {
            facts.append("Control was held to another policy.")
        }
        return .list(facts)
    }
}
