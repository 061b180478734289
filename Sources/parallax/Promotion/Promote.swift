import CommandSupport
import Settings
import FeatureFlags
import ArgumentParser
import DivergenceStore
import Foundation
import ParallaxCore

/// `parallax promote`
struct Promote: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Go one phase forward if the report's gate allows it, or go back.",
        discussion: """
            The phases, in order: legacy, hybrid, 10, 50, 100 (the share of identities in per cent that get the new \
            limiter's verdict), distributed_only. One step at a time goes forward, and only where the gate says go; going \
            back is always allowed. What the gate is asked about are the records since the present phase began, of the \
            last seven days at most; --since names another time. Name the databases of all instances.

              parallax promote --to hybrid --reason "start comparing"
              parallax promote --to 10 --reason "a week without surprises" --database a.sqlite --database b.sqlite
              parallax promote --to 50 --reason "the drill is next Monday" --force

            Exit codes: 0 done and followed by every instance, 2 the gate says wait, 3 it says no-go or a rollback waits \
            to be acknowledged, 4 the flags are written and an instance does not follow them. \
            docs/promotion.md describes every step.
            """)

    @Option(name: .customLong("to"), help: ArgumentHelp("The phase.", valueName: "phase"))
    var target: PromotionPhase

    @OptionGroup var options: FlagChangeOptions

    @Option(help: "The gate is asked about the records from this time on: 2d ago, or 2026-11-23T14:00:00Z.")
    var since: ReportTime?

    @Flag(help: "Go on although the gate does not say go; the history keeps that.")
    var force = false

    @OptionGroup var databases: DatabaseOptions

    @OptionGroup var file: FlagFileOption

    func run() async throws {
        let settings = try await Settings.load(for: [.flags, .database, .gate])
        let flags = try await file.open(settings, history: FlagFileOption.history(in: settings.recorder.databasePath))
        let before = flags.health
        if let problem = before.problem { throw CommandFailure(.badData, problem) }
        if let note = await flags.drillNote() {
            throw CommandFailure(.failure, note.obstacle(at: Timestamp.now()))
        }
        switch PromotionStep(from: before.file, to: target) {
        case .none:
            return Terminal.print("The flags say \(target.rawValue) already; nothing was changed.")
        case .tooFar(let next):
            throw CommandFailure(
                .usage, "\(target.rawValue) is more than one step from \(PromotionPhase(before.file).rawValue)",
                remedy: "The next step is 'parallax promote --to \(next.rawValue)'.")
        case .back:
            try await flags.requireWritable()
            try await set(flags, judged: before, settings, to: "back to \(target.rawValue)")
        case .forward:
            try await flags.requireWritable()
            try await requireFollowers(of: flags)
            for note in Self.unarmedNotes(await flags.instances(), at: Timestamp.now()) { Terminal.note(note) }
            let gate = try await askGate(settings, flags, judged: before)
            let word = Self.word(for: gate, target: target, pinned: await pinned(of: flags))
            if let forced = Self.forced(gate) { Terminal.print(forced) }
            try await set(flags, judged: before, settings, to: word)
        }
    }

    /// Asks the gate for this step and prints what it says.
    ///
    /// - Throws: The exit code of its verdict, unless that is go or the step is forced.
    private func askGate(
        _ settings: Settings, _ flags: FlagStore, judged: FlagHealth
    ) async throws -> Gate {
        let now = Timestamp.now()
        let question = PromotionQuestion(
            stores: try await databases.open(), settings: settings.gate, flags: judged.file,
            circumstances: await GateCircumstances(flags: flags, target: target, now: now), now: now)
        if let obstacle = try await LatchWait(question: question, store: flags).obstacle() {
            Terminal.note(obstacle)
            throw GateVerdict.noGo.exitCode
        }
        let (report, gate) = try await question.ask(since: since)
        Terminal.print(
            "From \(PromotionPhase(judged.file).rawValue) to \(target.rawValue):\n"
                + ReportText(report: report, style: .detect(descriptor: STDOUT_FILENO)).verdict.joined(separator: "\n"))
        guard gate.verdict == .go || force else {
            Terminal.note(
                "parallax: the flags stay as they are. To go on all the same: --force, with a --reason that says why.")
            throw gate.verdict.exitCode
        }
        return gate
    }

    /// Refuses a step that an instance would not follow, since its environment keeps it at `legacy`.
    private func requireFollowers(of flags: FlagStore) async throws {
        let pinned = await pinned(of: flags)
        guard !pinned.isEmpty, !force else { return }
        throw CommandFailure(
            .configuration,
            "\(FlagName.distributedEnabled.rawValue)=false in the environment keeps at legacy, whatever the file says: "
                + pinned.map(\.escapedForTerminal).joined(separator: ", "),
            remedy: "Unset it there and restart, or go on without them with --force.")
    }

    /// The names of the instances that their environment keeps at `legacy`.
    private func pinned(of flags: FlagStore) async -> [String] {
        let (instances, now) = (await flags.instances(), Timestamp.now())
        return instances.filter { $0.isPinnedToLegacy == true && !$0.isSilent(at: now) }.map(\.instance)
    }

    /// Where slow callers could not cause a rollback after the step, and what is missing.
    static func unarmedNotes(_ instances: [InstanceStatus], at now: Timestamp) -> [String] {
        instances.filter { !$0.isSilent(at: now) }.compactMap { applied in
            applied.unarmed?[Trigger.responseTime.rawValue].map {
                "note: at instance \(applied.instance.escapedForTerminal), slow callers cannot cause a rollback: \($0.escapedForTerminal)"
            }
        }
    }

    /// Writes the flags, if they are still those that were judged, and waits for the instances.
    private func set(_ flags: FlagStore, judged: FlagHealth, _ settings: Settings, to word: String) async throws {
        guard let content = judged.contentHash else { throw Self.changed }
        let change: FlagChange?
        do throws(FlagFileError) {
            change = try await flags.set(
                target.update, by: options.person, reason: "\(word): \(options.reason)", over: content)
        } catch {
            throw error.code == .superseded ? Self.changed : error
        }
        await flags.finishHistory()
        Terminal.print(change.map { FlagsText.change(from: $0.from, to: $0.to) } ?? "Nothing was changed.")
        for note in flags.health.notes { Terminal.note("note: \(note.escapedForTerminal)") }
        await RollbackProtection(store: flags, database: settings.recorder.databasePath)
            .warn(going: target.update.applied(to: judged.file).strategy)
        try await FollowingInstances(store: flags).report()
        Terminal.print(Self.outlook(from: target))
    }

    private static let changed = CommandFailure(
        .failure, "another person or program changed the flags at the same moment",
        remedy: "See 'parallax flags history', and try again.")

    /// What the history says of a step, before the person's reason.
    ///
    /// - Parameter pinned: The instances that do not follow, since their environment keeps them at `legacy`.
    static func word(for gate: Gate, target: PromotionPhase, pinned: [String] = []) -> String {
        var past = gate.verdict == .go ? [] : ["past \(gate.verdict.rawValue) (\(failing(gate)))"]
        if !pinned.isEmpty {
            past.append("without \(pinned.joined(separator: ", ")), kept at legacy by the environment")
        }
        return "promoted to \(target.rawValue)" + (past.isEmpty ? "" : ", forced " + past.joined(separator: " and "))
    }

    /// Says that a step is forced, and past which checks; `nil` if the gate says go.
    static func forced(_ gate: Gate) -> String? {
        guard gate.verdict != .go else { return nil }
        return "Forced: the gate says \(gate.verdict.word), and these checks do not pass: \(failing(gate)). "
            + "The flag history keeps that."
    }

    private static func failing(_ gate: Gate) -> String { gate.failing.map(\.rawValue).joined(separator: ", ") }

    /// What comes next.
    static func outlook(from phase: PromotionPhase) -> String {
        guard let next = phase.next else {
            return "The watch of 48 h has begun; 'parallax flags show' and /health tell what happens in it."
        }
        return "Next: parallax promote --to \(next.rawValue)"
    }
}

extension PromotionPhase: ExpressibleByArgument {}
