import ArgumentParser
import CommandSupport
import DivergenceStore
import Foundation
import ParallaxCore

/// `parallax divergences settle`
struct DivergencesSettle: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "settle", abstract: "Say what a group of divergences is, so that reports and the gate respect it.",
        discussion: """
            Kept permanently in every database that is named, with your name, the note, and how often the group occurs now. \
            A later settlement of the same group replaces this one. The gate counts divergences of two causes only, \
            unexplained and lost_writes; of the others only what is settled as a bug.

              parallax divergences settle --kind newly_allowed --cause lost_writes --as accepted \\
                --note "the planned failover of Monday" --since 7d
            """)

    @Option(help: "The kind of the divergences.")
    var kind: DivergenceKind

    @Option(help: "Their cause.")
    var cause: DivergenceCause

    @Option(help: "Only those of this organization (default: those of all).")
    var organization: String?

    @Option(
        name: .customLong("as"),
        help: "What they are: the gate no longer counts expected and accepted ones, and says no-go because of a bug.")
    var judgement: Settlement.Judgement

    @Option(help: "Why.")
    var note: String

    @Option(help: "Who you are (default: the user's name).")
    var by: String?

    @Option(help: "Count the group from this time on, to see later whether it grows.")
    var since: ReportTime?

    @OptionGroup var databases: DatabaseOptions

    func validate() throws {
        try CurrentUser.validate(by: by ?? CurrentUser.current, reason: note, reasonOption: "--note")
    }

    func run() async throws {
        let now = Timestamp.now()
        let stores = try await databases.openToWrite()
        let group = Settlement.Group(kind: kind, cause: cause, organization: organization)
        let share = try await DivergenceStore.share(
            of: group, in: stores, DivergenceFilter(since: since?.resolve(now: now)))
        guard share.divergences > 0 else {
            throw CommandFailure(
                .failure, "there is no divergence of \(group) to settle",
                remedy: "'parallax report' lists the groups that there are.")
        }
        let settlement = Settlement(
            time: now, group: group, judgement: judgement, by: by ?? CurrentUser.current, note: note, share: share)
        for store in stores { try await store.record(settlement) }
        Terminal.print(Self.text(settlement))
    }

    static func text(_ settlement: Settlement) -> String {
        let share = settlement.share
        let settled =
            "Settled as \(settlement.judgement.rawValue): \(settlement.group.description.escapedForTerminal), "
            + "\(NumberFormat.count(share.divergences)) of \(NumberFormat.count(share.compared)) compared requests."
        return "\(settled) \(consequence(settlement))"
    }

    /// What the gate does with the group from now on.
    private static func consequence(_ settlement: Settlement) -> String {
        let group = settlement.group
        if settlement.judgement == .bug { return "The gate says no-go while a report's period holds any of them." }
        switch group.cause {
        case .unexplained, .lostWrites:
            return
                "The gate's check \(group.cause.rawValue) does not count them until that share has doubled. It judges no "
                + "other kind or cause differently."
        default:
            return
                "The gate does not judge the cause \(group.cause.rawValue), settled or not: only --as bug makes it say "
                + "no-go. Reports show the group as settled until that share has doubled, and how many callers are newly "
                + "refused or let through stays yours to decide."
        }
    }
}

extension Settlement.Judgement: ExpressibleByArgument {}

/// `parallax divergences settlements`
struct DivergencesSettlements: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "settlements",
        abstract: "List what reviewers settled: who, when, why, and whether it still holds.",
        discussion:
            "The newest first. With --since it says whether each still holds for what was recorded from then on.")

    @OptionGroup var databases: DatabaseOptions

    @Option(help: "Count the groups from this time on: 15m, 2h or 7d ago, or 2026-11-23T14:00:00Z.")
    var since: ReportTime?

    @Flag(help: "Print JSON with stable keys.")
    var json = false

    func run() async throws {
        let filter = DivergenceFilter(since: since?.resolve(now: Timestamp.now()))
        let statuses = try await DivergenceStore.settlements(of: databases.open(), filter)
        Terminal.print(
            json
                ? try JSONText.make(statuses)
                : statuses.isEmpty ? "Nothing was settled." : SettlementsText.lines(statuses).joined(separator: "\n"))
    }
}

/// What reviewers said, as lines for a terminal.
enum SettlementsText {
    static func lines(_ statuses: [SettlementStatus]) -> [String] {
        statuses.flatMap { status in
            let settlement = status.settlement
            return [
                "\(status.state.rawValue)  \(settlement.judgement.rawValue)  "
                    + settlement.group.description.escapedForTerminal,
                "  \(settlement.time.text) UTC by \(settlement.by.escapedForTerminal): "
                    + settlement.note.escapedForTerminal,
                "  then \(share(settlement.share)), now \(share(status.share))",
            ]
        }
    }

    static func share(_ share: Settlement.Share) -> String {
        NumberFormat.share(ShareEstimate(share.divergences, of: share.compared).share)
            + " (\(NumberFormat.count(share.divergences)))"
    }
}
