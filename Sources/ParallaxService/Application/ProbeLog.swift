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
        /// Since the first failure after the last good run; `nil` while there is none.
        var downFor: Duration?
    }

    /// Successes in a row after a failure that make Redis good again: a lucky probe ends no brown-out.
    private static let goodRunProbes = 3

    private struct State {
        var latest = Latest()
        var successesInARow = 0
        var failingSince: ContinuousClock.Instant?
    }

    private let state = Mutex(State())

    /// Notes a probe, and says whether it was good.
    func note(_ outcome: Result<Duration, RedisError>) -> Bool {
        let now = ContinuousClock.now
        return state.withLock { state in
            switch outcome {
            case .success(let roundTrip):
                state.successesInARow += 1
                if state.successesInARow >= Self.goodRunProbes { state.failingSince = nil }
                state.latest.isGood = state.failingSince == nil
                state.latest.hasSucceeded = true
                state.latest.roundTrip = roundTrip
                return true
            case .failure:
                state.successesInARow = 0
                state.latest.isGood = false
                state.failingSince = state.failingSince ?? now
                return false
            }
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
