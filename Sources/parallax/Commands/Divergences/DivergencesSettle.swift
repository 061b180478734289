import ArgumentParser
import DivergenceStore
import Foundation
import ParallaxCore

/// `parallax divergences settle`
struct DivergencesSettle: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "settle", abstract: "Say what a group of divergences is, so that reports and the gate respect it.",
        discussion: """
            Kept for good in every database that is named, with your name, the note, and how often the group occurs now. \
            A later word on the same group takes the place of this one.

              parallax divergences settle --kind newly_allowed --cause lost_writes --as accepted \\
                --note "the planned failover of Monday" --since 7d
            """)

    @Option(help: "The kind of the divergences.")
    var kind: DivergenceKind

    @Option(help: "Their cause.")
    var cause: DivergenceCause

    @Option(help: "Those of this organization alone; otherwise those of all.")
    var organization: String?

    @Option(name: .customLong("as"), help: "What they are: expected and accepted count no more, bug forbids going on.")
    var judgement: Settlement.Judgement

    @Option(help: "Why.")
    var note: String

    @Option(help: "Who you are (default: the user's name).")
    var by: String?

    @Option(help: "Count the group from this time on, to see later whether it grows.")
    var since: ReportTime?

    @OptionGroup var databases: DatabaseOptions

    func validate() throws {
        try Person.validate(by: by ?? Person.current, reason: note, reasonOption: "--note")
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
            time: now, group: group, judgement: judgement, by: by ?? Person.current, note: note, share: share)
        for store in stores { try await store.record(settlement) }
        Terminal.print(Self.text(settlement))
    }

    static func text(_ settlement: Settlement) -> String {
        let share = settlement.share
        let settled =
            "Settled as \(settlement.judgement.rawValue): \(settlement.group.description.escapedForTerminal), "
            + "\(Figures.count(share.divergences)) of \(Figures.count(share.compared)) compared requests."
        return settlement.judgement == .bug
            ? settled + " The gate says no-go while it still occurs."
            : settled + " It counts again when that share has doubled."
    }
}

extension Settlement.Judgement: ExpressibleByArgument {}
