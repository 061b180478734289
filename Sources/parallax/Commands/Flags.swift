import ArgumentParser
import CommandSupport
import FeatureFlags
import ParallaxCore
import Settings

/// `parallax flags`
struct Flags: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "See and change the flags that steer the migration.",
        discussion: """
            The flags live in one file in the open flagd format (the setting FEATURE_FLAG_FILE). Every instance follows it \
            within a second, without a restart.

              legacy            only the old limiter
              hybrid            both judge; the old one is enforced, but for the share of identities given to the new one
              distributed_only  only the new limiter
            """,
        subcommands: [FlagsShow.self, FlagsSet.self, FlagsHistory.self, FlagsRestore.self])
}

/// `parallax flags show`
struct FlagsShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show the strategy and the flags behind it.",
        discussion: """
            Shows what holds for an instance with this environment: an environment variable with a safer value than the file's \
            always wins. Lists the instances that share the file, by what each has written next to it in the last hour: behind \
            are those that have not applied the file as it is, silent those that have written nothing for a minute. Exits with 65 \
            if the file is invalid, and with 66 if it is missing.
            """)

    @OptionGroup var file: FlagFileOption

    @Option(
        name: .customLong("database"),
        help: ArgumentHelp(
            "A database, for the watch after a promotion; once for each instance (default: the setting DATABASE_PATH).",
            valueName: "file"))
    var databases: [String] = []

    @Flag(help: "Print JSON with stable keys.")
    var json = false

    func run() async throws {
        let settings = try await Settings.load(for: [.flags, .database, .gate])
        let store = try await file.open(settings)
        let health = store.health
        let instances = InstancesText(
            instances: await store.instances(), health: health, now: Timestamp.now())
        let promotion = await PromotionStatus(
            store: store, databases: databases.isEmpty ? [settings.recorder.databasePath] : databases,
            bounds: settings.gate)
        let protection = await RollbackProtection(store: store, database: settings.recorder.databasePath)
        let sections = [
            FlagsText(health: health).text,
            LatchText(latch: protection.latest, settings: protection.settings, now: protection.now).text,
            promotion.lines.joined(separator: "\n"), instances.text,
        ]
        Terminal.print(
            json
                ? try JSONText.make(
                    FlagsDocument(
                        health, instances: instances, fence: store.fence, latch: protection.latest,
                        promotion: promotion))
                : sections.filter { !$0.isEmpty }.joined(separator: "\n"))
        if let problem = health.problem {
            throw CommandFailure(health.state == .missing ? .noInput : .badData, problem)
        }
    }
}

/// The flags as JSON: the names of the flag file, and each as what it is.
struct FlagsDocument: Encodable {
    struct Values: Encodable {
        let distributedEnabled: Bool
        let hybrid: Bool
        let failOpen: Bool
        let enforcementPercent: Double

        enum CodingKeys: String, CodingKey {
            case distributedEnabled = "DISTRIBUTED_RATE_LIMITING_ENABLED"
            case hybrid = "HYBRID_RATE_LIMITING"
            case failOpen = "FAIL_OPEN_ON_REDIS_ERROR"
            case enforcementPercent = "DISTRIBUTED_ENFORCEMENT_PERCENT"
        }

        init(_ values: FlagValues) {
            distributedEnabled = values.distributedEnabled
            hybrid = values.hybrid
            failOpen = values.failOpen
            enforcementPercent = values.enforcementPercent
        }
    }

    /// One instance that shares the file. Times are milliseconds since the Unix epoch.
    struct Instance: Encodable {
        let instance: String
        /// `current`, `deviating`, `behind` or `silent`.
        let standing: String
        let strategy: String
        let contentHash: String?
        /// Since when it has applied that content.
        let since: Timestamp
        let lastHeard: Timestamp
        /// What each trigger lacks that could not cause a rollback there.
        let unarmed: [String: String]?
    }

    /// The latest rollback that all who share the file know of.
    struct SharedRollback: Encodable {
        let trigger: String
        let time: Timestamp
        let sentence: String
        let isAcknowledged: Bool
        /// Whether it is not in the file and holds an instance at legacy.
        let isHeld: Bool
    }

    let path: String
    let state: String
    let problem: String?
    let strategy: String
    /// What holds with this environment, and what the file says.
    let effective: Values
    let file: Values
    let notes: [String]
    /// The SHA-256 of the file; `nil` if it is invalid.
    let contentHash: String?
    let instances: [Instance]
    /// The number of the newest change next to the file; `nil` if there is none.
    let number: Int64?
    let rollback: SharedRollback?

    /// `null` if nothing was promoted lately, and where no drill is under way.
    let watch: SoakDocument?
    let drill: DrillNoteDocument?

    init(
        _ health: FlagHealth, instances: InstancesText? = nil, fence: RollbackFence? = nil,
        latch: RollbackLatch? = nil, promotion: PromotionStatus = PromotionStatus()
    ) {
        contentHash = health.state == .ok ? health.contentHash : nil
        self.instances =
            instances.map { list in
                list.instances.map { applied in
                    Instance(
                        instance: applied.instance, standing: list.agreement(of: applied).rawValue,
                        strategy: applied.strategy, contentHash: applied.contentHash, since: applied.since,
                        lastHeard: applied.time, unarmed: applied.unarmed)
                }
            } ?? []
        number = fence?.number
        rollback = latch.flatMap { latch in
            latch.firing.map {
                SharedRollback(
                    trigger: $0.trigger.rawValue, time: $0.time, sentence: $0.sentence,
                    isAcknowledged: !latch.isLatched, isHeld: latch.hold != nil)
            }
        }
        path = health.path
        state = health.state.rawValue
        problem = health.problem
        strategy = health.effective.strategy.rawValue
        effective = Values(health.effective)
        file = Values(health.file)
        notes = health.notes
        watch = promotion.watch.map {
            SoakDocument(
                $0, tally: promotion.tally, bounds: promotion.bounds, now: promotion.now)
        }
        drill = promotion.drill.map(DrillNoteDocument.init)
    }
}

/// The state of the flags as text for a terminal.
struct FlagsText {
    let health: FlagHealth

    var text: String {
        var table = TextTable([.left, .left, .left])
        for row in zip(FlagsText.rows(health.effective), FlagsText.rows(health.file)) {
            table.add(row.0.name, row.0.value, row.0.value == row.1.value ? "" : "the file says \(row.1.value)")
        }
        let notes = health.notes.map { "  note: \($0.escapedForTerminal)" }
        let source = health.state == .ok ? "file" : "\(health.state.rawValue) file"
        return
            ([
                "strategy  \(health.effective.strategy.rawValue)",
                "\(source.padded(to: 8))  \(health.path.escapedForTerminal)",
            ]
            + table.lines() + notes).joined(separator: "\n")
    }

    /// One flag a row, by the names of the file.
    static func rows(_ values: FlagValues) -> [(name: String, value: String)] {
        [
            (FlagName.distributedEnabled.rawValue, "\(values.distributedEnabled)"),
            (FlagName.hybrid.rawValue, "\(values.hybrid)"),
            (FlagName.failOpen.rawValue, "\(values.failOpen)"),
            (FlagName.enforcementPercent.rawValue, NumberFormat.plain(values.enforcementPercent)),
        ]
    }

    /// What a change did, in one line: `hybrid -> legacy (DISTRIBUTED_RATE_LIMITING_ENABLED true -> false)`.
    static func change(from: FlagValues?, to: FlagValues) -> String {
        guard let from else { return to.strategy.rawValue }
        let flags = zip(rows(from), rows(to)).filter { $0.value != $1.value }
            .map { "\($0.name) \($0.value) -> \($1.value)" }
        let strategy =
            from.strategy == to.strategy ? to.strategy.rawValue : "\(from.strategy.rawValue) -> \(to.strategy.rawValue)"
        return flags.isEmpty ? strategy : "\(strategy) (\(flags.joined(separator: ", ")))"
    }
}
