import ArgumentParser
import CommandSupport
import DivergenceStore
import ParallaxCore
import Settings

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

/// One divergence as lines for a terminal.
struct DivergenceText {
    let divergence: StoredDivergence

    var text: String {
        """
        \(divergence.time.text) UTC  \(divergence.kind.rawValue) by \(divergence.cause.rawValue)  \
        \(divergence.identifier.escapedForTerminal) of \(divergence.organization.escapedForTerminal)
          control    \(verdict(divergence.control))
          candidate  \(verdict(divergence.candidate))
          \(NumberFormat.counted(divergence.cost, "unit")) on \(divergence.instance.escapedForTerminal), which had sent \
        \(own); enforced: \(divergence.enforced.rawValue)
        """ + (divergence.reported.map { "\n  \(Self.sentence($0).escapedForTerminal)" } ?? "")
    }

    /// What was reported, and what the model said.
    static func sentence(_ reported: StoredDivergence.Report) -> String {
        let verdict =
            reported.isAllowed ? "allowed" : "limited by \(reported.limitedBy ?? "a window that is not named")"
        return
            "Reported\(reported.instance.map { " by \($0)" } ?? ""): \(verdict); the model that follows the reports would "
            + "have \(reported.modelLimitedBy.map { "limited by \($0)" } ?? "allowed")"
    }

    private func verdict(_ verdict: StoredDivergence.Verdict) -> String {
        let windows = verdict.windows.map { "\($0.window.name.escapedForTerminal) \($0.used)/\($0.window.limit)" }
        let outcome =
            verdict.limitingWindow.map {
                "limited by \($0.escapedForTerminal) for \(NumberFormat.count(Int(verdict.retryAfterMilliseconds))) ms"
            } ?? "allowed"
        return
            "\(outcome); \(windows.joined(separator: ", ")); took \(NumberFormat.time(microseconds: verdict.durationMicroseconds))"
    }

    /// Units in each window that the candidate had accepted from the instance.
    private var own: String {
        let units = divergence.evidence.ownUnits
        return units.isEmpty ? "an unknown number" : units.map(String.init).joined(separator: ", ")
    }
}

/// One divergence as JSON. Times are milliseconds since the Unix epoch.
struct DivergenceDocument: Encodable {
    struct Verdict: Encodable {
        struct Window: Encodable {
            let name: String
            let limit: Int
            let durationMilliseconds: Int64
            let used: Int
        }

        let allowed: Bool
        let limitedBy: String?
        let retryAfterMilliseconds: Int64
        let judgedAt: Timestamp?
        let durationMicroseconds: Int64
        let windows: [Window]

        init(_ verdict: StoredDivergence.Verdict) {
            allowed = verdict.isAllowed
            limitedBy = verdict.limitedBy.flatMap { $0.isEmpty ? nil : $0 }
            retryAfterMilliseconds = verdict.retryAfterMilliseconds
            judgedAt = verdict.judgedAt
            durationMicroseconds = verdict.durationMicroseconds
            windows = verdict.windows.map {
                Window(
                    name: $0.window.name, limit: $0.window.limit,
                    durationMilliseconds: $0.window.durationMilliseconds, used: $0.used)
            }
        }
    }

    struct Report: Encodable {
        let allowed: Bool
        let limitedBy: String?
        let instance: String?
        let modelAllowed: Bool
        let modelLimitedBy: String?
    }

    struct Evidence: Encodable {
        let ownUnits: [Int]
        let clockOffsetMilliseconds: Int64?
        let controlRemembersSince: Timestamp?
        let controlEvictedAt: Timestamp?
        let controlAlgorithm: String
        let hasOtherPolicy: Bool
    }

    let time: Timestamp
    let instance: String
    let organization: String
    let identifier: String
    let cost: Int
    let kind: String
    let cause: String
    let enforced: String
    let control: Verdict
    let candidate: Verdict
    let evidence: Evidence
    /// What the caller's own limiter said; absent if nothing was reported.
    let reported: Report?

    init(_ divergence: StoredDivergence) {
        time = divergence.time
        instance = divergence.instance
        organization = divergence.organization
        identifier = divergence.identifier
        cost = divergence.cost
        kind = divergence.kind.rawValue
        cause = divergence.cause.rawValue
        enforced = divergence.enforced.rawValue
        control = Verdict(divergence.control)
        candidate = Verdict(divergence.candidate)
        reported = divergence.reported.map {
            Report(
                allowed: $0.isAllowed, limitedBy: $0.limitedBy, instance: $0.instance,
                modelAllowed: $0.modelLimitedBy == nil, modelLimitedBy: $0.modelLimitedBy)
        }
        let known = divergence.evidence
        evidence = Evidence(
            ownUnits: known.ownUnits, clockOffsetMilliseconds: known.clockOffsetMilliseconds,
            controlRemembersSince: known.controlRemembersSince, controlEvictedAt: known.controlEvictedAt,
            controlAlgorithm: known.controlAlgorithm.rawValue,
            hasOtherPolicy: known.controlPolicyFingerprint.map { $0 != divergence.policyFingerprint } ?? false)
    }
}
