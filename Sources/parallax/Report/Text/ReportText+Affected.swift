import CommandSupport
import DivergenceStore
import ParallaxCore

/// Who would get another verdict from the candidate than from control.
extension ReportText {
    var limited: [String] { section("Who would newly be limited", report.newlyLimited) }

    var letThrough: [String] { section("Who would newly be let through", report.newlyAllowed) }

    private func section(_ title: String, _ parties: AffectedParties) -> [String] {
        guard parties.requests > 0 else { return [style.bold(title) + ": none"] }
        return ["\(style.bold(title)): \(AffectedSentences.summary(parties))"] + organizations(parties)
            + identities(parties)
    }

    private func organizations(_ parties: AffectedParties) -> [String] {
        var table = TextTable([.left, .right, .right, .left])
        table.add("organization", "requests", "of compared", "first and last minute (UTC)")
        for party in parties.organizations {
            table.add(
                party.organization.map { $0.escapedForTerminal.shortened(to: 40) } ?? "(further ones together)",
                NumberFormat.count(party.requests), NumberFormat.share(party.requests, of: report.compared),
                Timestamp.period(party.first, party.last, toTheMinute: true))
        }
        return table.lines()
    }

    private func identities(_ parties: AffectedParties) -> [String] {
        guard !parties.identities.isEmpty else { return [] }
        var table = TextTable([.left, .left, .right, .left])
        let isExact = AffectedSentences.isExact(parties)
        table.add(
            "organization", "caller", isExact ? "requests" : "stored",
            isExact ? "first and last minute (UTC)" : "first and last (UTC)")
        for party in parties.identities {
            table.add(
                party.organization.escapedForTerminal.shortened(to: 20),
                party.identifier.escapedForTerminal.shortened(to: 40),
                NumberFormat.count(party.requests ?? party.stored),
                Timestamp.period(party.first, party.last, toTheMinute: isExact))
        }
        return [""] + table.lines()
    }
}

/// The same sentences for the terminal and the page.
enum AffectedSentences {
    /// Whether callers are ranked by all of their requests, and not by those stored one by one.
    static func isExact(_ parties: AffectedParties) -> Bool { parties.identities.allSatisfy { $0.requests != nil } }

    static func summary(_ parties: AffectedParties) -> String {
        let requests = NumberFormat.counted(parties.requests, "request")
        let organizations = NumberFormat.counted(parties.organizationCount, "organization")
        guard let count = parties.identityCount else { return "\(requests) of \(organizations)" }
        let callers = NumberFormat.counted(count, "caller")
        return "\(requests) of \(callers) of \(organizations)"
            + (isExact(parties) ? "" : ", counted among the requests stored one by one")
    }
}
