import CommandSupport
import FeatureFlags
import ArgumentParser
import ParallaxCore

/// Waits until the instances that share a flag file do what it says, and tells which do not.
struct FollowingInstances {
    /// Exit code of a command that wrote the flags while an instance does not follow them. It never changes.
    static let exitCode = ExitCode(4)
    /// An instance reads the file five times a second; a network file system may show it seconds later.
    static let patience: Duration = .seconds(10)
    private static let pause: Duration = .milliseconds(100)

    let store: FlagStore
    var patience = Self.patience
    var clock: any Clock<Duration> = ContinuousClock()

    /// Waits, and prints what came of it.
    ///
    /// - Throws: ``exitCode`` if an instance does otherwise than the file says.
    func report() async throws {
        let instances = await settled()
        guard !instances.instances.isEmpty else {
            return Terminal.note("note: no instance has left its status next to the flag file; see the /health of each")
        }
        let (others, silent) = (instances.deviants, instances.silent)
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

    /// The instances once none is behind the file, or the patience is over.
    func settled() async -> InstancesText {
        var waited = Duration.zero
        while true {
            await store.refresh()
            let list = InstancesText(
                instances: await store.instances(), health: store.health, now: Timestamp.now())
            guard list.isBehind, waited < patience else { return list }
            guard (try? await clock.sleep(for: Self.pause)) != nil else { return list }
            waited += Self.pause
        }
    }
}
