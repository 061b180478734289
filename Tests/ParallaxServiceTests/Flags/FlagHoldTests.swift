@testable import FeatureFlags
import Foundation
import Glibc
import ParallaxCore
import Synchronization
import Testing

@testable import ParallaxService

/// Rollbacks that cannot be written, from the flag file's side.
@Suite struct FlagHoldTests {
    private static let latch: RollbackLatch = {
        var latch = RollbackLatch()
        latch.fire(
            Evaluation(
                trigger: .redisDown, time: Timestamp(milliseconds: 1_767_323_045_000), state: .firing,
                sentence: "Redis is down"))
        return latch
    }()

    /// A store in `distributed_only` whose rollback could not be written.
    private func withHeldStore(
        _ body: (FlagFolder, FlagStore, _ canWrite: SharedFileWorld.Mutable<Bool>) async throws -> Void
    ) async throws {
        try await FlagFolder.with { folder in
            try folder.writeAtomically(.distributed)
            let canWrite = SharedFileWorld.Mutable(false)
            let store = await folder.startedStore(instance: "a", canWrite: canWrite)
            let flip = try await store.flipToLegacy(
                by: RollbackEvaluator.author, reason: "Redis is down",
                claim: RollbackClaim(number: 0, latch: Self.latch))
            try #require(flip.hold != nil && store.current.strategy == .legacy)
            try await body(folder, store, canWrite)
        }
    }

    @Test("an edit by another program leaves the instance at legacy, and the rollback is written once it can be")
    func edited() async throws {
        try await withHeldStore { folder, store, canWrite in
            let text = String(decoding: try folder.content(), as: UTF8.self)
            try folder.write(text + "\n")
            await store.refresh()
            #expect(store.current.strategy == .legacy)
            try folder.writeAtomically(FlagUpdate(failOpen: true).applied(to: .distributed))
            folder.clock.advance(seconds: 6)
            await store.refresh()
            #expect(store.current.strategy == .legacy)
            canWrite.value = true
            folder.clock.advance(seconds: 6)
            await store.refresh()
            #expect(store.health.file.strategy == .legacy && store.hold == nil)
        }
    }

    @Test("a change by the number of another does not end the hold")
    func overtaken() async throws {
        try await withHeldStore { folder, store, canWrite in
            let person = await folder.startedStore()
            try await person.set(FlagUpdate(failOpen: true), by: "ann", reason: "not about the strategy")
            folder.clock.advance(seconds: 6)
            await store.refresh()
            #expect(store.current.strategy == .legacy)
        }
    }

    @Test("a person who sets another strategy is followed, and the rollback is written no more")
    func setForward() async throws {
        try await withHeldStore { folder, store, canWrite in
            let person = await folder.startedStore()
            try await person.set(FlagUpdate(hybrid: true), by: "ann", reason: "compare only")
            await store.refresh()
            #expect(store.current.strategy == .hybrid)
            canWrite.value = true
            folder.clock.advance(seconds: 60)
            await store.refresh()
            #expect(store.health.file.strategy == .hybrid)
        }
    }

    @Test("the acknowledgement ends the hold, and the rollback is written no more")
    func acknowledged() async throws {
        try await withHeldStore { folder, store, canWrite in
            var seen = Self.latch
            try seen.acknowledge(Acknowledgement(time: Self.latch.firing!.time + 1, by: "ann", reason: "seen"))
            await store.publish(seen)
            #expect(store.current.strategy == .distributedOnly)
            canWrite.value = true
            folder.clock.advance(seconds: 60)
            await store.refresh()
            #expect(store.health.file.strategy == .distributedOnly)
        }
    }

    @Test("another process takes the hold up, and gives it up where the file has taken its place")
    func resumed() async throws {
        try await withHeldStore { folder, store, _ in
            var latch = RollbackLatch()
            latch.fire(
                Evaluation(
                    trigger: .redisDown, time: Self.latch.firing!.time, state: .firing, sentence: "down"),
                hold: store.hold)
            let next = await folder.startedStore(canWrite: .init(false))
            #expect(next.current.strategy == .distributedOnly)
            await next.resumeHold(latch)
            #expect(next.current.strategy == .legacy)
            await next.refresh()
            #expect(next.current.strategy == .legacy)
            try folder.writeAtomically(.legacy)
            let last = await folder.startedStore()
            await last.resumeHold(latch)
            #expect(last.hold == nil)
        }
    }
}
