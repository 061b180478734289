@testable import FeatureFlags
import Foundation
import ParallaxCore
import Synchronization
import Testing

@testable import ParallaxService

@Suite struct FlagFencingTests {
    private static func latch(firedAt milliseconds: Int64 = 1_767_323_000_000) -> RollbackLatch {
        var latch = RollbackLatch()
        latch.fire(
            Evaluation(
                trigger: .errorRate, time: Timestamp(milliseconds: milliseconds), state: .firing, sentence: "error rate"
            ))
        return latch
    }

    private func rollBack(
        _ store: FlagStore, decidedAt number: Int64, latch: RollbackLatch = latch()
    ) async -> FlagRollback {
        await store.rollBackToLegacy(
            by: RollbackEvaluator.author, reason: "error rate", claim: RollbackClaim(number: number, latch: latch))
    }

    @Test("an evaluator's flip carries its number, and its latch holds for all who share the file")
    func carries() async throws {
        try await FlagFolder.with { folder in
            let (first, second) = (await folder.startedStore(), await folder.startedStore())
            guard case .flipped = await rollBack(first, decidedAt: first.fenceNumber) else {
                Issue.record("not flipped")
                return
            }
            await second.refresh()
            #expect(second.current.strategy == .legacy)
            #expect(second.sharedLatch == Self.latch())
            #expect(second.health.file.strategy == .legacy)
            #expect(second.writtenNumber == 1)
            // The claim, and the word that it was carried out.
            #expect(second.fenceNumber == 2)
        }
    }

    @Test("a flip that was decided before a person's change is refused, and this instance is not held either")
    func stale() async throws {
        try await FlagFolder.with { folder in
            let (evaluator, person) = (await folder.startedStore(), await folder.startedStore())
            let decided = evaluator.fenceNumber
            try await person.set(FlagUpdate(enforcementPercent: 10), by: "ann", reason: "next phase")
            guard case .superseded(let error) = await rollBack(evaluator, decidedAt: decided) else {
                Issue.record("not refused")
                return
            }
            #expect(error.code == .superseded)
            #expect(evaluator.current.strategy == .hybrid)
            #expect(evaluator.current.enforcementPercent == 10)
            // Decided again with what is known now, it is carried out.
            guard case .flipped = await rollBack(evaluator, decidedAt: evaluator.fenceNumber) else {
                Issue.record("not flipped")
                return
            }
        }
    }

    @Test("of many evaluators that decide at once one flips, and the others learn why theirs is void")
    func together() async throws {
        try await FlagFolder.with { folder in
            let stores = await withTaskGroup(of: FlagStore.self) { group in
                for _ in 0..<6 { group.addTask { await folder.startedStore() } }
                return await group.reduce(into: []) { $0.append($1) }
            }
            let outcomes = await withTaskGroup(of: FlagRollback.self) { group in
                for store in stores { group.addTask { await rollBack(store, decidedAt: 0) } }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(outcomes.count { if case .flipped = $0 { true } else { false } } == 1)
            #expect(outcomes.count { if case .superseded = $0 { true } else { false } } == 5)
            for store in stores {
                await store.refresh()
                #expect(store.current.strategy == .legacy && store.sharedLatch?.isLatched == true)
            }
            #expect(folder.history.changes.count { $0.by == RollbackEvaluator.author } == 1)
        }
    }

    /// A claim for a rollback whose holder died before it wrote the file.
    private func leaveLease(_ folder: FlagFolder) throws {
        let dead = RollbackFence(
            number: 1, holder: "dead", process: "dead", time: Timestamp(milliseconds: 0), latch: RollbackLatch(),
            pending: Self.latch(firedAt: 1))
        try #require(try CoordinationFolder(beside: folder.path).claims.claim(dead))
    }

    @Test("a dead leader's lease holds the next instance at legacy at once, and the file follows when it has run out")
    func deadLeader() async throws {
        try await FlagFolder.with { folder in
            let store = await folder.startedStore()
            try leaveLease(folder)
            await store.refresh()
            #expect(store.sharedLatch?.isLatched == false, "a rollback that was never written latches nothing")
            guard case .held(let error) = await rollBack(store, decidedAt: store.fenceNumber) else {
                Issue.record("not held")
                return
            }
            #expect(error.code == .leased && error.message.contains("dead"))
            #expect(store.current.strategy == .legacy)
            #expect(store.health.file.strategy == .hybrid)
            folder.clock.advance(seconds: 20)
            await store.refresh()
            #expect(store.health.file.strategy == .hybrid)
            folder.clock.advance(seconds: 11)
            await store.refresh()
            #expect(store.health.file.strategy == .legacy)
            #expect(!store.health.isHeldAtLegacy)
            #expect(store.sharedLatch == Self.latch())
        }
    }

    @Test("while a rollback waits for another's lease, a person's change goes through and makes it stale")
    func personDuringWait() async throws {
        try await FlagFolder.with { folder in
            let store = await folder.startedStore()
            try leaveLease(folder)
            await store.refresh()
            async let rollback = rollBack(store, decidedAt: store.fenceNumber)
            while store.published.withLock({ $0.rollbacksUnderWay }) == 0 { await Task.yield() }
            try await store.set(FlagUpdate(enforcementPercent: 10), by: "ann", reason: "next phase")
            guard case .superseded = await rollback else {
                Issue.record("the queue was not free")
                return
            }
            #expect(store.current.strategy == .hybrid && store.current.enforcementPercent == 10)
        }
    }

    @Test("a holder that comes back after its lease has run out writes nothing over what came since")
    func revenant() async throws {
        try await FlagFolder.with { folder in
            let (first, second) = (await folder.startedStore(), await folder.startedStore())
            // The first began: it has its number, and stands still before it writes.
            try #require(
                try CoordinationFolder(beside: folder.path).claims.claim(
                    RollbackFence(
                        number: 1, holder: "first", process: first.writer.process, time: Timestamp(milliseconds: 0),
                        latch: RollbackLatch(), pending: Self.latch(firedAt: 1))))
            await first.refresh()
            await second.refresh()
            folder.clock.advance(seconds: 31)
            guard case .flipped = await rollBack(second, decidedAt: second.fenceNumber) else {
                Issue.record("not taken over")
                return
            }
            try await second.set(FlagUpdate(distributedEnabled: true), by: "ann", reason: "Redis is back")
            guard case .superseded = await rollBack(first, decidedAt: 0) else {
                Issue.record("it wrote")
                return
            }
            await first.refresh()
            #expect(first.current.strategy == .hybrid)
        }
    }

    @Test("right before the rename a newer number stops the writer")
    func lastCheck() async throws {
        try await FlagFolder.with { folder in
            let history = ClaimingHistory(path: folder.path)
            let store = await folder.startedStore(history: history)
            history.isArmed.withLock { $0 = true }
            // While the change is being kept, after everything was checked, someone claims the next number.
            guard case .superseded = await rollBack(store, decidedAt: 0) else {
                Issue.record("not stopped")
                return
            }
            let file = try FlagDefinitionFile(parsing: folder.content(), fallback: .defaultValue)
            #expect(file.values.strategy == .hybrid)
        }
    }

    @Test("where a person's change meets the same, it is tried again and wins")
    func setTriesAgain() async throws {
        try await FlagFolder.with { folder in
            let history = ClaimingHistory(path: folder.path)
            let store = await folder.startedStore(history: history)
            history.isArmed.withLock { $0 = true }
            try await store.set(FlagUpdate(enforcementPercent: 5), by: "ann", reason: "test")
            #expect(store.current.enforcementPercent == 5)
        }
    }

    @Test("where claims cannot be kept, a rollback goes through all the same, and health says what is missing")
    func noFolder() async throws {
        try await FlagFolder.with { folder in
            let store = await folder.startedStore()
            try Data().write(to: URL(filePath: CoordinationFolder(beside: folder.path).path))
            guard case .flipped = await rollBack(store, decidedAt: 0) else {
                Issue.record("not flipped")
                return
            }
            #expect(store.health.notes.contains { $0.contains("numbers changes") })
        }
    }

    @Test("a folder that was lost does not restart the numbers")
    func lostFolder() async throws {
        try await FlagFolder.with { folder in
            let store = await folder.startedStore()
            for number in 1...3 {
                try await store.set(FlagUpdate(enforcementPercent: Double(number)), by: "ann", reason: "test")
            }
            try FileManager.default.removeItem(atPath: CoordinationFolder(beside: folder.path).path)
            let other = await folder.startedStore()
            #expect(other.fenceNumber == 3)
            try await other.set(FlagUpdate(enforcementPercent: 4), by: "ann", reason: "test")
            #expect(other.fenceNumber == 4)
            await store.refresh()
            #expect(store.fenceNumber == 4)
        }
    }

    @Test("an acknowledgement spreads, and a rollback that was not carried out is not acknowledged")
    func acknowledges() async throws {
        try await FlagFolder.with { folder in
            let (first, second) = (await folder.startedStore(), await folder.startedStore())
            _ = await rollBack(first, decidedAt: 0)
            await second.refresh()
            var latch = try #require(second.sharedLatch)
            try latch.acknowledge(
                Acknowledgement(time: Timestamp(milliseconds: 1_767_323_999_000), by: "ann", reason: "seen"))
            await second.publish(latch)
            await first.refresh()
            #expect(first.sharedLatch == latch)
            let number = first.fenceNumber
            await first.publish(latch)
            #expect(first.fenceNumber == number, "what is known already is not said again")
        }
    }
}

/// A history that, once armed, claims the next number while it keeps a change.
private final class ClaimingHistory: FlagHistory {
    let isArmed = Mutex(false)
    private let path: String

    init(path: String) {
        self.path = path
    }

    func append(_ change: FlagChange) throws -> Bool {
        let claims = isArmed.withLock { isArmed in
            defer { isArmed = false }
            return isArmed
        }
        guard claims else { return true }
        let fence = CoordinationFolder(beside: path).claims
        let number = (try fence.newest()?.number ?? 0) + 1
        _ = try fence.claim(
            RollbackFence(
                number: number, holder: "b", process: "b", time: Timestamp(milliseconds: 0), latch: RollbackLatch()))
        return true
    }

    func newest() throws -> FlagChange? { nil }
}
