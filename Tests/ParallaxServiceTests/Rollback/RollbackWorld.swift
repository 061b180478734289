import Logging
import ParallaxCore
import Synchronization

@testable import ParallaxService

/// A rollback service in virtual time, with all that is around it.
struct RollbackWorld: Sendable {
    final class Surroundings: Sendable {
        struct State {
            var milliseconds: Int64 = 0
            var flags = FlagValues.defaultValue
            var isRedisUp = true
            var isFlagFileBroken = false
            var reasons: [String] = []
            /// How long callers have waited who have no answer.
            var waiting = LatencyHistogram()
        }

        let state = Mutex(State())
    }

    struct BrokenFlagFile: Error {}

    let surroundings = Surroundings()
    let observer = RollbackObserver()
    let record: MemoryRecord
    let log = CapturedLog()
    let service: RollbackService

    init(
        _ settings: RollbackSettings = RollbackSettings(), record: MemoryRecord = MemoryRecord(),
        sharing: RollbackSharing = .none
    ) throws {
        let surroundings = surroundings
        self.record = record
        service = try RollbackService(
            settings: settings, observer: observer, flags: { surroundings.state.withLock(\.flags) },
            probe: { surroundings.state.withLock(\.isRedisUp) },
            flipToLegacy: { by, reason, _ in try RollbackWorld.flip(surroundings, by: by, reason: reason) },
            sharing: sharing, waiting: { surroundings.state.withLock(\.waiting) }, record: record, logger: log.logger,
            now: {
                let milliseconds = surroundings.state.withLock(\.milliseconds)
                return ClockReading(
                    steadyMilliseconds: milliseconds, wall: Timestamp(milliseconds: 1_800_000_000_000 + milliseconds))
            })
    }

    private static func flip(
        _ surroundings: Surroundings, by: String, reason: String
    ) throws -> LegacyFlip {
        try surroundings.state.withLock { state in
            if state.isFlagFileBroken { throw BrokenFlagFile() }
            let before = state.flags
            state.flags.distributedEnabled = false
            state.reasons.append("\(by): \(reason)")
            return LegacyFlip(before: before, after: state.flags)
        }
    }

    /// Changes what is around the service.
    func change(_ body: (inout Surroundings.State) -> Void) {
        surroundings.state.withLock { body(&$0) }
    }

    var strategy: Strategy { surroundings.state.withLock(\.flags.strategy) }
    /// Who flipped the flags and why, in order.
    var reasons: [String] { surroundings.state.withLock(\.reasons) }

    /// Lets seconds go by, each with the same attempts; the record is written after each evaluation. Without a number, a Redis
    /// that is down decides nothing.
    func run(seconds: Int, decided: Int? = nil, errors: Int = 0, outages: Int = 0) async {
        for _ in 0..<seconds {
            let decided = decided ?? (surroundings.state.withLock(\.isRedisUp) ? 10 : 0)
            change { $0.milliseconds += 1000 }
            await service.probeOnce()
            attempt(.allowed, times: decided)
            attempt(.unavailable(.error), times: errors)
            attempt(.unavailable(.timedOut), times: outages)
            if await service.evaluateIfDue() { await service.synchronize() }
        }
    }

    private func attempt(_ outcome: Decision.Outcome, times: Int) {
        let decision = Decision(outcome: outcome, windows: [], retryAfterMilliseconds: 0, judgedAt: nil)
        for _ in 0..<times { observer.attempted(Observation(decision: decision, duration: .milliseconds(1))) }
    }

    /// The state of one trigger as health shows it.
    func triggerState(_ trigger: Trigger) -> TriggerState? {
        service.health.evaluations.first { $0.trigger == trigger }?.state
    }
}
