import ArgumentParser

/// `parallax divergences`
struct Divergences: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "divergences", abstract: "Look at single divergences, and settle what is understood.",
        discussion: """
            A group is a kind and a cause, of one organization or of all. What a reviewer settles as expected or accepted \
            no longer counts against going on, until the group's share of the compared requests has doubled. What is \
            settled as a bug forbids going on while it still occurs.
            """,
        subcommands: [DivergencesList.self, DivergencesSettle.self, DivergencesSettlements.self])
}
