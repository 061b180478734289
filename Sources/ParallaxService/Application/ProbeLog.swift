import ParallaxCore
import RedisLimiting
import Synchronization

/// What the probes of Redis came to, for health: the latest outcome, and since when there was none that was good.
final class ProbeLog: Sendable {
    struct Latest: Sendable {
        /// `nil` before the first probe.
        var isGood: Bool?
        var hasSucceeded = false
        /// How long the last good probe took.
        var roundTrip: Duration?
        /// How long probes have failed without a break; `nil` while they do not.
        var downFor: Duration?
    }

    private struct State {
        var latest = Latest()
        var failingSince: ContinuousClock.Instant?
    }

    private let state = Mutex(State())

    /// Notes a probe, and says whether it was good.
    func note(_ outcome: Result<Duration, RedisError>) -> Bool {
        let now = ContinuousClock.now
        return state.withLock { state in
            switch outcome {
            case .success(let roundTrip):
                state.latest.isGood = true
                state.latest.hasSucceeded = true
                state.latest.roundTrip = roundTrip
                state.failingSince = nil
            case .failure:
                state.latest.isGood = false
                state.failingSince = state.failingSince ?? now
            }
            return state.latest.isGood == true
        }
    }

    var latest: Latest {
        let now = ContinuousClock.now
        return state.withLock { state in
            var latest = state.latest
            latest.downFor = state.failingSince.map { now - $0 }
            return latest
        }
    }
}
