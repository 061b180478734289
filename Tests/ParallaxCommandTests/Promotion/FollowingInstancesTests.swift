@testable import FeatureFlags
import ArgumentParser
import CommandSupport
import Foundation
import ParallaxCore
import ParallaxService
import Testing

@testable import parallax

/// What a command that wrote the flags says of the instances.
@Suite struct FollowingInstancesTests {
    private struct Scene {
        let path: String
        let folder: String

        func instance(
            _ name: String, environment: EnvironmentFlags = .none,
            now: @escaping @Sendable () -> Timestamp = Clocks.system.now
        ) async -> FlagStore {
            let store = FlagStore(
                path: path, environment: environment, isProduction: false, instance: name, now: now)
            await store.start()
            return store
        }

        func set(_ arguments: String...) async throws {
            try await FlagsSet.parse(arguments + ["--by", "ann", "--reason", "test", "--file", path]).run()
        }
    }

    private func withScene(_ body: (Scene) async throws -> Void) async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try await body(Scene(path: folder.path + "/flags.json", folder: folder.path))
    }

    @Test("instances are waited for until they have applied the file, and for no longer than the timeout")
    func waits() async throws {
        try await withScene { scene in
            let instance = await scene.instance("a")
            let store = FlagStore(path: scene.path, environment: .none, isProduction: false)
            try await store.set(FlagUpdate(enforcementPercent: 10), by: "ann", reason: "test")
            let behind = await FollowingInstances(store: store, timeout: .zero).settled()
            #expect(behind.isBehind && behind.deviating.map(\.instance) == ["a"])
            async let settled = FollowingInstances(store: store).settled()
            await instance.refresh()
            #expect(await settled.deviating.isEmpty)
        }
    }

    @Test("an instance that its environment keeps at legacy makes the change end with 4, and the flags stay written")
    func deviates() async throws {
        try await withScene { scene in
            let instance = await scene.instance("a", environment: try EnvironmentFlags(distributedEnabled: false))
            let flips = Task {
                while !Task.isCancelled {
                    await instance.refresh()
                    await Task.yield()
                }
            }
            defer { flips.cancel() }
            let code = await #expect(throws: ExitCode.self) { try await scene.set("--strategy", "hybrid") }
            #expect(code == FollowingInstances.exitCode)
            await instance.refresh()
            #expect(instance.health.file.strategy == .hybrid)
        }
    }

    @Test("an instance that was killed is named, and is not a reason to end with 4")
    func silent() async throws {
        try await withScene { scene in
            _ = await scene.instance("gone", now: { Clocks.system.now() + -120_000 })
            let store = FlagStore(path: scene.path, environment: .none, isProduction: false)
            let settled = await FollowingInstances(store: store, timeout: .zero).settled()
            #expect(settled.silent.map(\.instance) == ["gone"] && settled.deviating.isEmpty)
            try await scene.set("--strategy", "legacy")
            try await FollowingInstances(store: store, timeout: .zero).report()
        }
    }

    @Test("promote refuses a step that an instance's environment would not follow")
    func pinned() async throws {
        try await withScene { scene in
            _ = await scene.instance("a", environment: try EnvironmentFlags(distributedEnabled: false))
            let failure = await #expect(throws: CommandFailure.self) {
                try await Promote.parse(["--to", "hybrid", "--reason", "test", "--file", scene.path]).run()
            }
            #expect(failure?.status == .configuration && failure?.message.hasSuffix(": a") == true)
        }
    }

    @Test("who goes forward over a rollback is told until when nothing rolls back automatically")
    func protection() throws {
        var latch = RollbackLatch()
        let time = Timestamp(milliseconds: 971_211_336_000)
        latch.fire(
            Evaluation(trigger: .redisDown, time: time, state: .firing, sentence: "down"))
        func gap(_ latches: [RollbackLatch], after milliseconds: Int64) -> String? {
            RollbackProtection(latches: latches, settings: RollbackSettings(), now: time + milliseconds).gap
        }
        let waiting = latch
        #expect(
            gap([waiting], after: 1000)
                == "no automatic rollback until the one by redis_down at 2000-10-10 20:55:36 UTC is acknowledged")
        try latch.acknowledge(Acknowledgement(time: time + 1000, by: "ann", reason: "seen"))
        #expect(gap([latch], after: 2000)?.hasPrefix("no automatic rollback until 2000-10-10 21:10:37 UTC") == true)
        #expect(gap([latch, waiting], after: 2000)?.contains("is acknowledged") == true)
        #expect(gap([latch], after: 1_000_000) == nil)
    }
}
