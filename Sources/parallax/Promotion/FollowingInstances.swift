import ArgumentParser
import CommandSupport
import FeatureFlags
import ParallaxCore

/// Waits until the instances that share a flag file do what it says, and tells which do not.
struct FollowingInstances {
    /// Exit code of a command that wrote the flags while an instance does not follow them. It never changes.
    static let exitCode = ExitCode(4)
    /// An instance reads the file five times a second; a network file system may show it seconds later.
    static let timeout: Duration = .seconds(10)
    private static let pause: Duration = .milliseconds(100)

    let store: FlagStore
    var timeout = Self.timeout
    var clock: any Clock<Duration> = ContinuousClock()

    /// Waits, and prints what came of it.
    ///
    /// - Throws: ``exitCode`` if an instance does otherwise than the file says.
    func report() async throws {
        let instances = await settled()
        guard !instances.instances.isEmpty else {
            return Terminal.note("note: no instance has left its status next to the flag file; see the /health of each")
        }
        let (others, silent) = (instances.deviating, instances.silent)
        if !silent.isEmpty {
            Terminal.note(
                """
                note: \(NumberFormat.counted(silent.count, "instance")) \(silent.count == 1 ? "was" : "were") not seen \
                lately, as after a crash; whether \(silent.count == 1 ? "it follows" : "they follow") is not known:
                """)
            Terminal.note(lines(of: silent, in: instances))
        }
        guard !others.isEmpty else {
            let following = instances.instances.count - silent.count
            guard following > 0 else { return }
            return Terminal.print(
                "\(NumberFormat.counted(following, "instance")) \(following == 1 ? "follows" : "follow").")
        }
        Terminal.note(
            """
            parallax: the flags are written, and \(others.count) of \
            \(NumberFormat.counted(instances.instances.count, "instance")) \(others.count == 1 ? "does" : "do") not follow \
            them:
            """)
        Terminal.note(lines(of: others, in: instances))
        throw Self.exitCode
    }

    private func lines(of some: [InstanceStatus], in instances: InstancesText) -> String {
        InstancesText(instances: some, health: instances.health, now: instances.now).lines
    }

    /// The instances once none is behind the file, or the timeout is over.
    func settled() async -> InstancesText {
        var waited = Duration.zero
        while true {
            await store.refresh()
            let list = InstancesText(
                instances: await store.instances(), health: store.health, now: Timestamp.now())
            guard list.isBehind, waited < timeout else { return list }
            guard (try? await clock.sleep(for: Self.pause)) != nil else { return list }
            waited += Self.pause
        }
    }
}

/// What the instances that share a flag file have applied, and who is behind, as text for a terminal.
struct InstancesText {
    let instances: [InstanceStatus]
    let health: FlagHealth
    let now: Timestamp

    /// Those that do otherwise than the file says.
    var deviating: [InstanceStatus] {
        instances.filter {
            switch agreement(of: $0) {
            case .deviating, .behind: true
            case .current, .silent: false
            }
        }
    }

    /// Those with an old status: most have ended, and what they do is not known.
    var silent: [InstanceStatus] { instances.filter { agreement(of: $0) == .silent } }

    /// Whether an instance with a new status has not applied the file yet.
    var isBehind: Bool { instances.contains { agreement(of: $0) == .behind } }

    /// Empty if no instance has said anything.
    var text: String { instances.isEmpty ? "" : "instances\n" + lines }

    /// One instance a line.
    var lines: String {
        var table = TextTable([.left, .left, .left, .left])
        for applied in instances {
            let agreement = agreement(of: applied)
            table.add(
                applied.instance.escapedForTerminal, agreement.rawValue, applied.strategy.escapedForTerminal,
                remark(applied, agreement))
        }
        return table.lines().joined(separator: "\n")
    }

    func agreement(of applied: InstanceStatus) -> InstanceStatus.Agreement {
        applied.agreement(
            contentHash: health.state == .ok ? health.contentHash : nil, strategy: health.file.strategy, at: now)
    }

    /// Which triggers could not cause a rollback there, and what the one lacks that waits for a baseline.
    private func unarmed(_ applied: InstanceStatus) -> String {
        guard let unarmed = applied.unarmed, !unarmed.isEmpty else { return "" }
        let names = unarmed.keys.sorted().map(\.escapedForTerminal).joined(separator: ", ")
        let missing = unarmed[Trigger.responseTime.rawValue].map { " (\($0.escapedForTerminal))" } ?? ""
        return "not armed: \(names)\(missing)"
    }

    private func remark(_ applied: InstanceStatus, _ agreement: InstanceStatus.Agreement) -> String {
        switch agreement {
        case .current: return unarmed(applied)
        case .deviating:
            return applied.isHeldAtLegacy
                ? "held at legacy by a rollback that is not in the file"
                : "\(FlagName.distributedEnabled.rawValue)=false in its environment wins over the file: unset it and restart it"
        case .behind:
            let hash = applied.contentHash.map { "content \($0.prefix(8).description.escapedForTerminal)" } ?? "nothing"
            let change = health.changedAt.map { "; the file changed \($0.text) UTC" } ?? ""
            return "has \(hash) since \(applied.since.text) UTC\(change)"
        case .silent: return "last seen \(applied.time.text) UTC"
        }
    }
}
