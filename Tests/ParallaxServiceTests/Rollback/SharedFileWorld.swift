@testable import FeatureFlags
import Logging
import ParallaxCore
import Synchronization

@testable import ParallaxService

/// Several instances in virtual time on one flag file, each with an evaluator, a record and a sight of Redis of its own.
struct SharedFileWorld: Sendable {
    /// The time that all share.
    final class Time: Sendable {
        private let milliseconds = Mutex<Int64>(0)

        func advance(_ step: Int64) { milliseconds.withLock { $0 += step } }

        var steady: Int64 { milliseconds.withLock { $0 } }
        var wall: Timestamp { Timestamp(milliseconds: 1_800_000_000_000 + steady) }
    }

    /// One instance.
    struct Member: Sendable {
        let store: FlagStore
        let service: RollbackService
        let record: MemoryRecord
        let log: CapturedLog
        let observer: RollbackObserver
        /// Whether this instance reaches Redis.
        let isRedisUp: Mutable<Bool>
        /// Whether it stands still: it neither reads, nor probes, nor evaluates.
        let isStopped = Mutable(false)

        var strategy: Strategy { store.current.strategy }
        var isLatched: Bool {
            if case .latched = service.health.latch { true } else { false }
        }

        /// Lets it do what it does in a second.
        func tick() async {
            guard !isStopped.value else { return }
            await store.refresh()
            await service.probeOnce()
            if await service.evaluateIfDue() { await service.synchronize() }
        }
    }

    /// A value that a test changes under a running instance.
    final class Mutable<Value: Sendable>: Sendable {
        private let content: Mutex<Value>

        init(_ value: Value) { content = Mutex(value) }

        var value: Value {
            get { content.withLock { $0 } }
            set { content.withLock { $0 = newValue } }
        }
    }

    let time = Time()
    let members: [Member]
    let folder: FlagFolder

    init(instances: Int, in folder: FlagFolder) async throws {
        self.folder = folder
        let time = time
        var members: [Member] = []
        for number in 0..<instances {
            members.append(try await SharedFileWorld.member("instance-\(number)", time: time, folder: folder))
        }
        self.members = members
    }

    private static func member(_ name: String, time: Time, folder: FlagFolder) async throws -> Member {
        let store = FlagStore(
            path: folder.path, environment: .none, isProduction: false, history: folder.history, instance: name,
            now: { time.wall }, uptime: { .milliseconds(time.steady) })
        await store.start()
        let isUp = Mutable(true)
        let (record, log, observer) = (MemoryRecord(), CapturedLog(), RollbackObserver())
        let service = try RollbackService(
            observer: observer, flags: { store.current }, probe: { isUp.value },
            flipToLegacy: { by, reason, claim in
                try await store.flipToLegacy(by: by, reason: reason, claim: claim)
            }, sharing: RollbackSharing(store), record: record, logger: log.logger,
            now: { ClockReading(steadyMilliseconds: time.steady, wall: time.wall) })
        return Member(
            store: store, service: service, record: record, log: log, observer: observer, isRedisUp: isUp)
    }

    /// Lets seconds go by, at all instances in turn.
    func run(seconds: Int) async {
        for _ in 0..<seconds {
            time.advance(1000)
            for member in members { await member.tick() }
        }
    }

    /// Changes the flags by hand, as the command does.
    func set(_ update: FlagUpdate, reason: String) async throws {
        let time = time
        let store = FlagStore(
            path: folder.path, environment: .none, isProduction: false, history: folder.history,
            now: { time.wall }, uptime: { .milliseconds(time.steady) })
        await store.refresh()
        try await store.set(update, by: "ann", reason: reason)
    }

    /// The flips by evaluators in the history.
    var flips: Int { folder.history.changes.count { $0.by == RollbackEvaluator.author } }
}
