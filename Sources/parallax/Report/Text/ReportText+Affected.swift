import DivergenceStore
import ParallaxCore

/// Whom the candidate would treat otherwise than control does.
extension ReportText {
    var limited: [String] { section("Who would newly be limited", report.newlyLimited) }

    var letThrough: [String] { section("Who would newly be let through", report.newlyAllowed) }

    private func section(_ title: String, _ parties: AffectedParties) -> [String] {
        guard parties.requests > 0 else { return [style.bold(title) + ": nobody"] }
        return ["\(style.bold(title)): \(summary(parties))"] + organizations(parties) + identities(parties)
    }

    private func summary(_ parties: AffectedParties) -> String {
        let requests = FigureText.counted(parties.requests, "request")
        let organizations = FigureText.counted(parties.organizationCount, "organization")
        guard let count = parties.identityCount else { return "\(requests) of \(organizations)" }
        let identities = FigureText.counted(count, "identity", plural: "identities")
        return "\(requests) of \(organizations), \(identities) among those stored one by one"
    }

    private func organizations(_ parties: AffectedParties) -> [String] {
        var table = TextTable([.left, .right, .right, .left])
        table.add("organization", "requests", "of compared", "first and last minute (UTC)")
        for party in parties.organizations {
            table.add(
                party.organization.map { $0.escapedForTerminal.shortened(to: 40) } ?? "(further ones together)",
                Figures.count(party.requests), Figures.share(party.requests, of: report.compared),
                Figures.period(party.first, party.last, toTheMinute: true))
        }
        return table.lines()
    }

    private func identities(_ parties: AffectedParties) -> [String] {
        guard !parties.identities.isEmpty else { return [] }
        var table = TextTable([.left, .left, .right, .left])
        table.add("organization", "identifier", "stored", "first and last (UTC)")
        for party in parties.identities {
            table.add(
                party.organization.escapedForTerminal.shortened(to: 20),
                party.identifier.escapedForTerminal.shortened(to: 40), Figures.count(party.stored),
                Figures.period(party.first, party.last))
        }
        return [""] + table.lines()
    }
}
