import Settings
import ArgumentParser
import DivergenceStore
import ParallaxCore

/// `parallax divergences list`
struct DivergencesList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List single divergences with what both sides saw.",
        discussion: """
            The newest first, of those that were kept one by one. --format csv of 'parallax report --rows divergences' \
            gives the same for a spreadsheet.

              parallax divergences list --since 1d --cause unexplained
              parallax divergences list --identifier key-1 --organization acme

            If identifiers are stored as pseudonyms, --identifier finds them by the caller's own name, with the key of \
            the settings, or by the pseudonym.
            """)

    @OptionGroup var databases: DatabaseOptions

    @OptionGroup var selection: DivergenceSelection

    @Option(
        help: "Only those of this caller: an API key, user or client address, of --organization (default: global).")
    var identifier: String?

    @Option(help: "How many divergences to list.")
    var limit = 20

    @Flag(help: "Print JSON with stable keys.")
    var json = false

    func validate() throws {
        guard (1...100_000).contains(limit) else { throw ValidationError("--limit must be from 1 to 100000.") }
    }

    func run() async throws {
        let divergences = try await newest()
        Terminal.print(
            json
                ? try JSONText.make(divergences.map(DivergenceDocument.init))
                : divergences.isEmpty
                    ? "No such divergence was kept."
                    : divergences.map(DivergenceText.init).map(\.text).joined(separator: "\n"))
    }

    /// What is asked for.
    func newest() async throws -> [StoredDivergence] {
        var filter = try selection.makeFilter(now: Timestamp.now())
        guard let identifier else { return try await Self.newest(of: databases.open(), filter, limit: limit) }
        let caller: Identity
        do {
            caller = try Identity(organization: filter.organization, identifier: identifier)
        } catch {
            throw CommandFailure(.usage, "no caller can have this --identifier and --organization: \(error)")
        }
        filter.organization = caller.organization
        let names = try await Settings.load(for: .privacy).storedIdentifiers(of: caller)
        return try await Self.newest(of: databases.open(), filter, identifiers: names, limit: limit)
    }

    /// The newest of all databases together.
    static func newest(
        of stores: [DivergenceStore], _ filter: DivergenceFilter, identifiers: [String]? = nil, limit: Int
    ) async throws -> [StoredDivergence] {
        var divergences: [StoredDivergence] = []
        for store in stores { divergences += try await store.divergences(filter, of: identifiers, limit: limit) }
        return Array(divergences.sorted { $0.time > $1.time }.prefix(limit))
    }
}
