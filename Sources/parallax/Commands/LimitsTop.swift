import ParallaxCore
import AdminAPI
import ArgumentParser
import CommandSupport

/// `parallax limits top`
struct LimitsTop: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "top", abstract: "List an organization's most refused identities.",
        discussion: """
            Counted by the instance that is asked, since its start or since 'parallax limits reset' last reset the identity. \
            Space is bounded: a count may hold a few refusals of others, and says at most how many.
            """)

    @Argument(help: "The organization (default: global).")
    var organization: String?

    @Option(help: "How many identities to list.")
    var limit = 10

    @Flag(help: "Print JSON with stable keys.")
    var json = false

    @OptionGroup var admin: AdminOptions

    func validate() throws {
        guard (1...1000).contains(limit) else { throw ValidationError("--limit must be from 1 to 1000.") }
    }

    func run() async throws {
        let top: MostRefusedAnswer = try await admin.makeClient(transport: AdminClient.overHTTP)
            .get("/v1/limits/top", query: [("organization", organization), ("limit", "\(limit)")])
        Terminal.print(json ? try JSONText.make(top) : top.text)
    }
}

extension MostRefusedAnswer {
    var text: String {
        guard !identities.isEmpty else {
            return
                "No identity of \(organization.escapedForTerminal) was refused by this instance since its start or the last "
                + "reset of its limits."
        }
        var table = TextTable([.left, .right, .left])
        table.add("identifier", "refused", "")
        for entry in identities {
            table.add(
                entry.identifier.escapedForTerminal.shortened(to: 60), NumberFormat.count(entry.refusals),
                entry.overestimate == 0 ? "" : "at most \(NumberFormat.count(entry.overestimate)) of them others'")
        }
        return table.lines(indent: 0).joined(separator: "\n")
    }
}
