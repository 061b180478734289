@testable import FeatureFlags
import DivergenceStore
import Foundation
import GRDB
import Logging
import ParallaxCore
import Synchronization
import Testing

@testable import ParallaxService

/// A rollback with a real flag file and a real database that someone else has locked.
@Suite struct LockedDatabaseRollbackTests {
    /// Virtual time for the service's windows.
    private final class Clock: Sendable {
        let seconds = Mutex<Int64>(0)

        var now: ClockReading {
            let seconds = seconds.withLock { $0 }
            return ClockReading(
                steadyMilliseconds: seconds * 1000, wall: Timestamp(milliseconds: 1_800_000_000_000 + seconds * 1000))
        }
    }

    private static func makeFlags(_ path: String, history: DivergenceStore) async throws -> FlagStore {
        let flags = FlagStore(
            path: path, environment: try EnvironmentFlags(fallback: .defaultValue), isProduction: false,
            history: history)
        await flags.start()
        return flags
    }

    private static func makeService(
        _ store: DivergenceStore, _ flags: FlagStore, _ observer: RollbackObserver, _ clock: Clock
    ) throws -> RollbackService {
        try RollbackService(
            observer: observer, flags: { flags.current }, probe: { true },
            flipToLegacy: { by, reason, claim in
                try await flags.flipToLegacy(by: by, reason: reason, claim: claim)
            }, sharing: RollbackSharing(flags), record: SQLiteRollbackStore(store: store),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, now: { clock.now })
    }

    /// Lets seconds go by in which every second attempt fails, and the record is written next to, as in a service.
    private static func fail(
        _ service: RollbackService, _ observer: RollbackObserver, _ clock: Clock, seconds: Int
    ) async {
        for _ in 0..<seconds {
            clock.seconds.withLock { $0 += 1 }
            await service.probeOnce()
            for outcome in [Decision.Outcome.allowed, .unavailable(.error)] {
                let decision = Decision(outcome: outcome, windows: [], retryAfterMilliseconds: 0, judgedAt: nil)
                for _ in 0..<5 { observer.attempted(Observation(decision: decision, duration: .zero)) }
            }
            _ = await service.evaluateIfDue()
        }
    }

    @Test(
        "a database that another process holds locked delays neither the evaluation nor the flip, and gets all of it later",
        .timeLimit(.minutes(2)))
    func locked() async throws {
        try await withFolder { folder in
            let path = folder.appending(path: "a.sqlite").path
            let store = try DivergenceStore(path: path)
            let flags = try await Self.makeFlags(folder.appending(path: "flags.json").path, history: store)
            let (observer, clock) = (RollbackObserver(), Clock())
            let service = try Self.makeService(store, flags, observer, clock)
            try #require(flags.current.strategy == .hybrid)

            var configuration = Configuration()
            configuration.allowsUnsafeTransactions = true
            configuration.busyMode = .timeout(30)
            let other = try DatabaseQueue(path: path, configuration: configuration)
            try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN EXCLUSIVE") }
            // What waits for the lock runs next to, as in a service.
            let writing = Task { await service.synchronize() }
            await Self.fail(service, observer, clock, seconds: 120)
            #expect(flags.current.strategy == .legacy)
            #expect(service.health.lastRollback?.trigger == .errorRate)
            #expect(service.health.unrecorded > 0)
            let text = try String(contentsOfFile: folder.appending(path: "flags.json").path, encoding: .utf8)
            #expect(text.contains(RollbackEvaluator.author))

            try await other.writeWithoutTransaction { try $0.execute(sql: "COMMIT") }
            await writing.value
            await service.synchronize()
            let stored = try await store.rollbacks(limit: 9)
            #expect(stored.map(\.rollback.evaluation.trigger) == [.errorRate])
            #expect(stored.first?.rollback.flagsBefore.strategy == .hybrid)
            #expect(stored.first?.rollback.flagsAfter.strategy == .legacy)
            #expect(try await SQLiteRollbackStore(store: store).loadLatch().isLatched)
            #expect(try await store.evaluations(.errorRate, limit: 99).count == 12)
            #expect(service.health.unrecorded == 0)
        }
    }
}
