import Logging
import ParallaxCore
import RedisLimiting
import ServiceLifecycle
import Synchronization

/// The latest result of probing Redis and when the current outage began, for `/health`.
final class ProbeLog: Sendable {
    struct Latest: Sendable {
        /// `nil` before the first probe.
        var isGood: Bool?
        var hasSucceeded = false
        /// How long the last good probe took.
        var roundTrip: Duration?
        /// Since the first failure after the last good run; `nil` while there is none.
        var downFor: Duration?
        /// Why the last probe failed; `nil` if it was good.
        var problem: RedisError?
        /// Whether callers get decisions although probes fail.
        var isDeciding = false
    }

    /// Successes in a row after a failure that make Redis good again, as for the trigger: a lucky probe ends no
    /// brown-out.
    private let goodRunProbes: Int

    private struct State {
        var latest = Latest()
        var successesInARow = 0
        var failingSince: ContinuousClock.Instant?
        var decisions = Decisions()
    }

    /// Decisions for callers since the start, as counted when a probe ended.
    struct Decisions: Equatable, Sendable {
        var made = 0
        var failed = 0
    }

    private let state = Mutex(State())
    private let log: ProblemLog

    package init(goodRunProbes: Int, logger: Logger) {
        self.goodRunProbes = goodRunProbes
        log = ProblemLog("the probe of Redis fails", end: "the probe of Redis succeeds again", logger: logger)
    }

    /// Notes a probe, and says whether it was good.
    ///
    /// - Parameter decisions: The decisions so far. Those made since the last probe are evidence against one that
    ///   fails: the probe has a key of its own, to which the user may lack the right.
    func record(_ outcome: Result<Duration, RedisError>, decisions: Decisions = Decisions()) -> Bool {
        let now = ContinuousClock.now
        switch outcome {
        case .success: log.ended()
        // A service that ends gives its probe up: that is not a failure of Redis.
        case .failure(let error): if error.code != .cancelled { log.occurred(error) }
        }
        return state.withLock { state in
            defer { state.decisions = decisions }
            switch outcome {
            case .success(let roundTrip):
                state.successesInARow += 1
                if state.successesInARow >= goodRunProbes { state.failingSince = nil }
                state.latest.isGood = state.failingSince == nil
                state.latest.hasSucceeded = true
                state.latest.roundTrip = roundTrip
                state.latest.problem = nil
                state.latest.isDeciding = false
                return true
            case .failure(let error):
                state.successesInARow = 0
                state.latest.isGood = false
                state.latest.problem = error
                if decisions.failed > state.decisions.failed {
                    state.latest.isDeciding = false
                } else if decisions.made > state.decisions.made {
                    state.latest.isDeciding = true
                }
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

/// Asks the servers of Redis once a minute what they say about their memory and their cluster.
final class ServerSurvey: Service {
    private let redis: RedisLimiter
    private let clock: any Clock<Duration>
    private let found = Mutex<Set<ServerConcern>>([])
    private let isForbidden = Atomic<Bool>(false)

    init(redis: RedisLimiter, clock: any Clock<Duration> = ContinuousClock()) {
        self.redis = redis
        self.clock = clock
    }

    /// What was wrong at the last refresh.
    var concerns: Set<ServerConcern> {
        let found = found.withLock { $0 }
        return redis.hasMetCluster ? found.union([.clusterNode]) : found
    }

    func run() async {
        await cancelWhenGracefulShutdown {
            await self.clock.repeating(pausing: .seconds(60)) { await self.refresh() }
        }
    }

    /// Looks once. A user who lacks the right is not asked for it again: Redis notes every refusal in its log.
    func refresh() async {
        guard !isForbidden.load(ordering: .relaxed) else { return }
        do throws(RedisError) {
            let concerns = try await redis.survey()
            found.withLock { $0 = concerns }
        } catch {
            if error.cause?.contains("NOPERM") == true { isForbidden.store(true, ordering: .relaxed) }
        }
    }
}
