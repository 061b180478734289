@testable import FeatureFlags
import Foundation
import ParallaxCore
import Testing

@testable import ParallaxService

/// Baselines that instances of one flag file share.
@Suite struct SharedBaselineServiceTests {
    private func baseline(_ milliseconds: Int) -> Baseline {
        var settings = RollbackSettings()
        (settings.baselineMinimumSamples, settings.baselineMinimumSeconds) = (1, 0)
        var (baseline, samples) = (Baseline(), LatencyHistogram())
        samples.record(.milliseconds(milliseconds))
        baseline.learn(samples, at: Timestamp(milliseconds: 1_800_000_000_000), settings: settings)
        return baseline
    }

    private func stage(_ member: SharedFileWorld.Member) -> Baseline.Stage? {
        member.service.health.baselines[.service]?.stage
    }

    @Test("an instance with a new record has the baseline of the others, until a person forgets it for all")
    func newInstance() async throws {
        try await FlagFolder.with { folder in
            try await forgotten(SharedFileWorld(instances: 2, in: folder), folder)
        }
    }

    private func forgotten(_ world: SharedFileWorld, _ folder: FlagFolder) async throws {
        let (old, new) = (world.members[0], world.members[1])
        // 1. One has learned a baseline before, and its record knows it.
        try old.record.save(baseline(2))
        await world.run(seconds: 25)
        #expect(stage(old) == .frozen)
        #expect(stage(new) == .frozen)
        #expect(new.record.baseline?.frozen == baseline(2).frozen)
        // 2. It is forgotten by the command, which has a store of its own.
        let store = FlagStore(path: folder.path, environment: .none, isProduction: false)
        await store.refresh()
        #expect(store.sharedBaseline?.baseline.frozen == baseline(2).frozen)
        try await store.forgetBaselines(
            Acknowledgement(time: world.time.wall, by: "Ada", reason: "learned while the network was slow"))
        await world.run(seconds: 25)
        #expect(stage(old) == .learning)
        #expect(stage(new) == .learning)
        #expect(old.record.baseline?.frozen == nil)
        // 3. And it does not come back.
        await store.refresh()
        #expect(store.sharedBaseline?.baseline == Baseline())
        #expect(store.sharedBaseline?.forgotten?.by == "Ada")
    }

    @Test("a folder that cannot be written is said once, and stops nothing")
    func unwritable() async throws {
        try await FlagFolder.with { folder in
            try await unwritable(SharedFileWorld(instances: 1, in: folder), folder)
        }
    }

    private func unwritable(_ world: SharedFileWorld, _ folder: FlagFolder) async throws {
        // A file instead of the folder: also the superuser cannot write into that.
        let side = folder.folder + "/.feature-flags.json.parallax"
        try? FileManager.default.removeItem(atPath: side)
        #expect(FileManager.default.createFile(atPath: side, contents: nil))
        try world.members[0].record.save(baseline(2))
        await world.run(seconds: 45)
        #expect(stage(world.members[0]) == .frozen)
        let lines = world.members[0].log.lines.filter {
            $0.message.contains("baseline of response times cannot be shared")
        }
        #expect(lines.count == 1)
    }
}
