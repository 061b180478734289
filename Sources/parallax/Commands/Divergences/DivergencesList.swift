import ArgumentParser
import DivergenceStore
import ParallaxCore
import ParallaxService

/// `parallax divergences list`
struct DivergencesList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List single divergences with what both sides saw.",
        discussion: """
            The newest first, of those that were kept one by one. --format csv of 'parallax report --rows divergences' \
            gives the same for a spreadsheet.

              parallax divergences list --since 1d --cause unexplained
            """)

    @OptionGroup var databases: DatabaseOptions

    @OptionGroup var selection: DivergenceSelection

    @Option(help: "How many divergences to list.")
    var limit = 20

    @Flag(help: "Print JSON with stable keys.")
    var json = false

    func validate() throws {
        guard (1...100_000).contains(limit) else { throw ValidationError("--limit must be from 1 to 100000.") }
    }

    func run() async throws {
        let filter = try selection.makeFilter(now: FlagStore.wallClock())
        let divergences = try await Self.newest(of: databases.open(), filter, limit: limit)
        Terminal.print(
            json
                ? try JSONText.make(divergences.map(DivergenceDocument.init))
                : divergences.isEmpty
                    ? "No divergence was kept."
                    : divergences.map(DivergenceText.init).map(\.text).joined(separator: "\n"))
    }

    /// The newest of all databases together.
    static func newest(
        of stores: [DivergenceStore], _ filter: DivergenceFilter, limit: Int
    ) async throws -> [StoredDivergence] {
        var divergences: [StoredDivergence] = []
        for store in stores { divergences += try await store.divergences(filter, limit: limit) }
        return Array(divergences.sorted { $0.time > $1.time }.prefix(limit))
    }
}
