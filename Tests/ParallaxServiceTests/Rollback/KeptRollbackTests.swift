@testable import FeatureFlags
import ParallaxCore
import Testing

@testable import ParallaxService

/// Rollbacks next to the flag file.
@Suite struct KeptRollbackTests {
    private static func rollback(_ second: Int64) -> Rollback {
        let evaluation = Evaluation(
            trigger: .responseTime, time: Timestamp(milliseconds: second * 1000), state: .firing,
            numbers: ["p95": .infinity, "limit": 81.8], sentence: "callers: p95 146.8 ms")
        return Rollback(evaluation: evaluation, isDryRun: false, flagsBefore: .distributed, flagsAfter: .legacy)
    }

    @Test("they come back as they were, the newest first, and the oldest go")
    func bounded() async throws {
        try await FlagFolder.with { folder in
            let (first, second) = (
                await folder.startedStore(instance: "a"), await folder.startedStore(instance: "b\u{7}/../x")
            )
            for time in Int64(1)...30 {
                await (time % 2 == 0 ? first : second).keep(Self.rollback(time), isHeld: time == 30)
            }
            let kept = await second.rollbacks()
            #expect(kept.map(\.time.milliseconds) == (11...30).reversed().map { Int64($0) * 1000 })
            #expect(kept[0] == KeptRollback(Self.rollback(30), instance: "a", isHeld: true))
            #expect(kept[1].rollback == Self.rollback(29))
        }
    }

    @Test("a file that is not one of them is left out, and a folder that cannot be used is not an error")
    func unreadable() async throws {
        try await FlagFolder.with { folder in
            let store = await folder.startedStore(instance: "a")
            await store.keep(Self.rollback(1), isHeld: false)
            try CoordinationFolder(beside: folder.path).replace("rollback.2000.x.json", with: Array("torn".utf8))
            #expect(await store.rollbacks().count == 1)
        }
    }
}
