import CommandSupport
import DivergenceStore
import ParallaxCore

/// Who would get another verdict.
extension ReportPage {
    var affected: HTML {
        .element(
            "section", ["aria-labelledby": "affected"],
            [.heading("Who is hit", id: "affected")] + section("Newly limited", report.newlyLimited)
                + section("Newly let through", report.newlyAllowed))
    }

    private func section(_ title: String, _ parties: AffectedParties) -> [HTML] {
        guard parties.requests > 0 else { return [.subheading(title), .paragraph("None.")] }
        return [
            .subheading(title), .paragraph(AffectedSentences.summary(parties) + "."), organizations(parties).html,
            identities(parties).html,
        ]
    }

    private func organizations(_ parties: AffectedParties) -> HTMLTable {
        var table = HTMLTable(
            "By organization, most first",
            [
                .text("organization"), .number("requests"), .number("of compared"),
                .text("first and last minute (UTC)"),
            ])
        for party in parties.organizations {
            table.add(
                party.organization ?? "(further organizations together)", NumberFormat.count(party.requests),
                NumberFormat.share(party.requests, of: report.compared),
                Timestamp.period(party.first, party.last, toTheMinute: true))
        }
        return table
    }

    private func identities(_ parties: AffectedParties) -> HTMLTable {
        let isExact = AffectedSentences.isExact(parties)
        var table = HTMLTable(
            isExact ? "By caller, most first" : "By caller, most first, of divergences stored one by one",
            [
                .text("caller"), .text("organization"), .number(isExact ? "requests" : "stored"),
                .text(isExact ? "first and last minute (UTC)" : "first and last (UTC)"),
            ])
        for party in parties.identities {
            table.add(
                party.identifier, party.organization, NumberFormat.count(party.requests ?? party.stored),
                Timestamp.period(party.first, party.last, toTheMinute: isExact))
        }
        return table
    }
}
