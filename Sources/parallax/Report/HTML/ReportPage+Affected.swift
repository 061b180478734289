import DivergenceStore
import ParallaxCore

/// Whom the candidate would treat otherwise.
extension ReportPage {
    var affected: HTML {
        .element(
            "section", ["aria-labelledby": "affected"],
            [.heading("Who is hit", id: "affected")] + section("Newly limited", report.newlyLimited)
                + section("Newly let through", report.newlyAllowed))
    }

    private func section(_ title: String, _ parties: AffectedParties) -> [HTML] {
        guard parties.requests > 0 else { return [.subheading(title), .paragraph("Nobody.")] }
        return [
            .subheading(title),
            .paragraph(
                "\(FigureText.counted(parties.requests, "request")) of "
                    + FigureText.counted(parties.organizationCount, "organization") + identityCount(parties) + "."),
            organizations(parties).html, identities(parties).html,
        ]
    }

    private func identityCount(_ parties: AffectedParties) -> String {
        guard let count = parties.identityCount else { return "" }
        return "; " + FigureText.counted(count, "identity", plural: "identities") + " among those stored one by one"
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
                party.organization ?? "(further organizations together)", Figures.count(party.requests),
                Figures.share(party.requests, of: report.compared),
                Figures.period(party.first, party.last, toTheMinute: true))
        }
        return table
    }

    private func identities(_ parties: AffectedParties) -> HTMLTable {
        var table = HTMLTable(
            "By identity, most first, of divergences stored one by one",
            [
                .text("identifier"), .text("organization"), .number("stored"), .text("first and last (UTC)"),
            ])
        for party in parties.identities {
            table.add(
                party.identifier, party.organization, Figures.count(party.stored),
                Figures.period(party.first, party.last))
        }
        return table
    }
}
