import Logging
import ParallaxCore
import ServiceLifecycle
import Synchronization

/// Notices steps of this instance's clock, or of Redis's: health and the log say when, and by how much.
///
/// The instance's clock is compared with the monotonic clock, once a second; Redis's against the instance's, in every
/// comparison.
final class ClockMonitor: Service, DecisionObserver {
    private struct State {
        var instance = ClockSteps()
        var redis = ClockSteps()
    }

    /// Milliseconds by which Redis's clock may be elsewhere than noted before that is noted: it drifts.
    private static let drift: Int64 = 50
    /// One comparison can lie across a step of the instance's clock.
    private static let deviationsToBelieve = 3

    private let state = Mutex(State())
    /// How far Redis's clock was ahead when that was last noted; `Int64.min` before the first comparison.
    private let redisAhead = Atomic<Int64>(.min)
    /// Comparisons in a row that found Redis's clock a step away.
    private let deviations = Atomic<Int>(0)
    private let clocks: Clocks
    private let logger: Logger

    /// - Parameter clocks: Their uptime must go on while the machine sleeps.
    init(clocks: Clocks, logger: Logger) {
        self.clocks = clocks
        self.logger = logger
        checkInstanceClock()
    }

    func run() async {
        await cancelWhenGracefulShutdown {
            await ContinuousClock().repeating { self.checkInstanceClock() }
        }
    }

    /// Compares the wall clock with the monotonic clock.
    func checkInstanceClock() {
        let before = clocks.uptime()
        let now = clocks.now()
        // Two readings that are far apart say nothing.
        guard clocks.uptime() - before < .milliseconds(ClockSteps.minimumMilliseconds / 10) else { return }
        let step = state.withLock { $0.instance.note(now.milliseconds - Self.milliseconds(before), at: now) }
        if let step { tell("This instance's clock", step) }
    }

    func compared(_ comparison: Comparison) {
        guard let ahead = comparison.evidence.clockOffsetMilliseconds else { return }
        let known = redisAhead.load(ordering: .relaxed)
        let deviation = known == .min ? ClockSteps.minimumMilliseconds - 1 : abs(ahead - known)
        if deviation < ClockSteps.minimumMilliseconds {
            if deviations.load(ordering: .relaxed) > 0 { deviations.store(0, ordering: .relaxed) }
            if deviation <= Self.drift { return }
        } else if deviations.add(1, ordering: .relaxed).newValue < Self.deviationsToBelieve {
            return
        }
        checkInstanceClock()
        let step = state.withLock { state in
            deviations.store(0, ordering: .relaxed)
            redisAhead.store(ahead, ordering: .relaxed)
            // The distance to a monotonic clock: a step of the instance's clock is not one of Redis's.
            let distance = clocks.now().milliseconds - Self.milliseconds(clocks.uptime()) + ahead
            return state.redis.note(distance, at: comparison.time)
        }
        if let step { tell("Redis's clock", step) }
    }

    private func tell(_ whose: String, _ step: ClockSteps.Step) {
        logger.warning(
            "\(whose) stepped; divergences until the longest window has passed can have the cause clock_skew",
            metadata: ["milliseconds": "\(step.milliseconds)"])
    }

    private static func milliseconds(_ duration: Duration) -> Int64 {
        duration.components.seconds * 1000 + duration.components.attoseconds / 1_000_000_000_000_000
    }
}

// MARK: Health
extension ClockMonitor {
    /// The steps since the start; `nil` if there were none.
    var health: HealthReport.Clock? {
        let (instance, redis) = state.withLock { ($0.instance, $0.redis) }
        guard instance.latest != nil || redis.latest != nil else { return nil }
        return HealthReport.Clock(instance: instance, redis: redis)
    }
}

extension HealthReport {
    /// Steps of the clocks that limits count by, since the start.
    struct Clock: Equatable, Sendable {
        var instance: ClockSteps
        var redis: ClockSteps
    }
}

extension HealthReport.Clock: Encodable {
    private enum CodingKeys: String, CodingKey {
        case instance, redis
    }

    private enum StepKeys: String, CodingKey {
        case steppedAt, stepMs, steps
    }

    /// A clock that never stepped is left out.
    func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        for (key, steps) in [(CodingKeys.instance, instance), (CodingKeys.redis, redis)] {
            guard let latest = steps.latest else { continue }
            var step = fields.nestedContainer(keyedBy: StepKeys.self, forKey: key)
            try step.encode(latest.at.iso8601Seconds, forKey: .steppedAt)
            try step.encode(latest.milliseconds, forKey: .stepMs)
            try step.encode(steps.count, forKey: .steps)
        }
    }
}
