package import Logging
package import NIOCore
package import ParallaxCore
import ServiceLifecycle
import Synchronization

/// The distributed limiter: the sliding log in Redis, shared by all instances.
///
/// Never waits beyond the decision's deadline, and answers at once while Redis is known to fail.
package final class RedisLimiter: Limiter, Service {
    let servers: RedisServers
    let settings: RedisSettings
    private let logger: Logger
    let subscriptionLog: ProblemLog
    let resetRelay = ResetRelay()
    /// What this instance keeps of Redis's refusals; `nil` where it keeps none. Asked by whoever decides by Redis alone:
    /// ``check(_:at:)`` never does.
    package let refusals: RefusalCache?
    let script = SlidingLogScript()
    private let counters = RedisCounters()
    private let decisionDeadline: TimeAmount
    private let lastError = Mutex<RedisError?>(nil)
    /// Why resets are not heard of; set by the subscription.
    let resetsProblem = Mutex<RedisError?>(nil)

    /// Makes a limiter on a client of its own; ``run()`` connects it.
    ///
    /// - Parameter uptime: The clock of the refusal cache; it never steps, and goes on while the machine sleeps.
    /// - Throws: ``RedisError`` where a setting is at fault.
    package init(
        settings: RedisSettings, logger: Logger,
        uptime: @escaping @Sendable () -> Duration = RedisLimiter.uptime(since: .now)
    ) throws(RedisError) {
        refusals =
            settings.refusalCacheIdentities == 0
            ? nil
            : RefusalCache(
                maximumIdentities: settings.refusalCacheIdentities, lease: settings.resetHeartbeat * 3, uptime: uptime)
        servers = try RedisServers(settings: settings, logger: logger, counters: counters)
        self.settings = settings
        self.logger = logger
        subscriptionLog = ProblemLog(
            "not subscribed to resets: a reset at another instance does not reach this one's memory",
            end: "subscribed to resets again", logger: logger)
        decisionDeadline = TimeAmount(settings.decisionDeadline)
    }

    /// Time that has passed since an instant, also while the machine slept.
    package static func uptime(since start: ContinuousClock.Instant) -> @Sendable () -> Duration {
        { start.duration(to: .now) }
    }

    /// The client of the one server.
    ///
    /// - Precondition: The address names one server.
    package var client: RedisClient {
        guard case .one(let client, _) = servers else {
            preconditionFailure("an address of several servers has no client of its own")
        }
        return client
    }

    /// Runs tasks where replies come in, so that no thread is woken for each; `nil` where there are several servers.
    package var executor: EventLoopExecutor? {
        guard case .one(let client, _) = servers else { return nil }
        return client.executor
    }

    package func check(_ request: CheckRequest, at now: Timestamp?) async -> Decision {
        await check(request, at: now, deadline: .now() + decisionDeadline)
    }

    /// Judges a request, giving up at a deadline of the caller's.
    package func check(_ request: CheckRequest, at now: Timestamp?, deadline: NIODeadline) async -> Decision {
        guard case .one(let client, let breaker) = servers else {
            return await checkAmongSeveral(request, at: now, deadline: deadline)
        }
        guard breaker.admits else { return .unavailable(.circuitOpen) }
        do {
            let decision = try await script.check(request, at: now, on: client, deadline: deadline)
            breaker.succeeded()
            return decision
        } catch {
            note(error)
            breaker.failed(error)
            return .unavailable(error.unavailability)
        }
    }

    private func checkAmongSeveral(_ request: CheckRequest, at now: Timestamp?, deadline: NIODeadline) async -> Decision
    {
        guard case .several(let router) = servers else { preconditionFailure("there is one server") }
        do {
            return try await check(request, at: now, deadline: deadline, on: router)
        } catch {
            if error.code != .circuitOpen { note(error) }
            return .unavailable(error.unavailability)
        }
    }

    /// Runs the script once on a key of its own, past the breaker: whether Redis can decide now, and how fast.
    ///
    /// Of several servers every primary is probed, and one that cannot decide makes the probe fail.
    ///
    /// - Parameter timeout: The most time to wait, whatever the decision deadline is.
    package func probe(timeout: Duration = .seconds(1)) async -> Result<Duration, RedisError> {
        let start = ContinuousClock.now
        do {
            switch servers {
            case .one(let client, _): try await script.probe(on: client, deadline: .now() + TimeAmount(timeout))
            case .several(let router): try await probe(router, timeout: timeout)
            }
            return .success(start.duration(to: .now))
        } catch {
            note(error)
            return .failure(error)
        }
    }

    /// The state of the way to Redis now.
    package var health: RedisHealth {
        let lastError = lastError.withLock { $0 }
        let resetsProblem = resetsProblem.withLock { $0 }
        switch servers {
        case .one(let client, let breaker):
            let load = client.load
            return RedisHealth(
                connections: load.connections, pending: load.pending, breaker: breaker.state,
                lastError: lastError ?? client.lastConnectionError, resetsProblem: resetsProblem, counters: counters)
        case .several(let router):
            let topology = router.health
            return RedisHealth(
                connections: topology.primaries.reduce(0) { $0 + $1.connections }, pending: router.pending,
                breaker: BreakerState.worst(of: topology.primaries.map(\.breaker)),
                lastError: lastError ?? topology.problem, resetsProblem: resetsProblem, counters: counters,
                topology: topology)
        }
    }

    private func note(_ error: RedisError) {
        guard error.code != .cancelled else { return }
        lastError.withLock { $0 = error }
    }
}

// MARK: In the background
extension RedisLimiter {
    /// Keeps the connections, probes while the breaker is open, and listens for resets, until the service shuts down.
    package func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.listenForResets() }
            switch servers {
            case .one(let client, let breaker):
                group.addTask {
                    await self.probeWhenOpen(breaker) { (try? await self.probe().get()) != nil }
                }
                await client.run()
            case .several(let router):
                await router.run { node in
                    await self.probeWhenOpen(node.breaker) { (try? await self.probe(node, of: router)) != nil }
                }
            }
            group.cancelAll()
        }
    }

    private func probeWhenOpen(_ breaker: BreakerDriver, isWell: () async -> Bool) async {
        let log = ProblemLog(
            "the circuit breaker has opened: Redis is not asked until it answers probes again",
            end: "the circuit breaker has closed: Redis answers again", logger: logger)
        for await _ in breaker.openings {
            if let error = lastError.withLock({ $0 }) { log.occurred(error) }
            while let next = breaker.nextProbe {
                let wait = next - .now()
                guard (try? await Task.sleep(for: .nanoseconds(wait.nanoseconds))) != nil else { return }
                if breaker.probed(succeeded: await isWell()) { log.ended() }
            }
        }
    }
}
