package import Logging
package import NIOCore
import NIOPosix
import NIOSSL
package import ParallaxCore
import ServiceLifecycle
import Synchronization

/// The distributed limiter: the sliding log in Redis, shared by all instances.
///
/// Never waits beyond the decision's deadline, and answers at once while Redis is known to fail.
package final class RedisLimiter: Limiter, Service {
    let servers: RedisServers
    package let settings: RedisSettings
    /// The TLS context of the next connections; `nil` if none is encrypted.
    private let tls: Replaceable<NIOSSLContext>?
    private let logger: Logger
    let subscriptionLog: ProblemLog
    let resetRelay = ResetRelay()
    /// Resets of many identities that the subscription has received, for the refusals that are kept.
    let wideResets = AsyncStream<ResetScope>.makeStream()
    /// What this instance keeps of Redis's refusals; `nil` if it keeps none. Used where Redis decides without control:
    /// ``check(_:at:)`` never does.
    package let refusals: RefusalCache?
    let script: SlidingLogScript
    private let counters = RedisCounters()
    private let metCluster = Atomic<Bool>(false)
    private let nameInLogs: @Sendable (Identity) -> String
    private let foreignValueLog: ProblemLog
    private let renewal: Mutex<RenewalSchedule>
    private let renewalLog: ProblemLog
    private let decisionTimeout: TimeAmount
    private let turns: IdentityTurns
    private let lastError = Mutex<RedisError?>(nil)
    /// Why resets are not received; set by the subscription.
    let resetsProblem = Mutex<RedisError?>(nil)

    /// Makes a limiter on a client of its own; ``run()`` connects it.
    ///
    /// - Parameters:
    ///   - uptime: The clock of the refusal cache: monotonic, and counting while the machine sleeps.
    ///   - nameInLogs: How the log names the key of an identity; `nil` for the key itself.
    /// - Throws: ``RedisError`` if a setting is at fault.
    package init(
        settings: RedisSettings, logger: Logger,
        uptime: @escaping @Sendable () -> Duration = RedisLimiter.uptime(since: .now),
        nameInLogs: (@Sendable (Identity) -> String)? = nil
    ) throws(RedisError) {
        refusals =
            settings.refusalCacheIdentities == 0
            ? nil
            : RefusalCache(
                maximumIdentities: settings.refusalCacheIdentities, lease: settings.resetHeartbeat * 3, uptime: uptime)
        tls = settings.url.needsTLS ? Replaceable(try RedisClient.makeTLS(settings)) : nil
        servers = RedisServers(settings: settings, tls: tls, logger: logger, counters: counters)
        self.settings = settings
        self.logger = logger
        subscriptionLog = ProblemLog(
            "not subscribed to resets: a reset at another instance does not reach this one's memory",
            end: "subscribed to resets again", logger: logger)
        turns = IdentityTurns(
            maximum: settings.maximumInFlightPerIdentity, eventLoop: MultiThreadedEventLoopGroup.singleton.next())
        let keys = settings.keyspace
        script = SlidingLogScript(keys: keys)
        self.nameInLogs = nameInLogs ?? { keys.text(for: $0) }
        foreignValueLog = ProblemLog(
            "replaced a value under a key of the limiter that no release of it wrote",
            end: "no more foreign values under keys of the limiter", logger: logger)
        renewal = Mutex(RenewalSchedule(delays: settings.reconnectDelays))
        renewalLog = ProblemLog(
            "Redis cannot decide on open connections: connecting again, since its address may lead to another server now",
            end: "Redis decides again", logger: logger)
        decisionTimeout = TimeAmount(settings.decisionTimeout)
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

    /// Runs tasks where replies come in, so that no thread is woken for each; `nil` if there are several servers.
    package var executor: EventLoopExecutor? {
        guard case .one(let client, _) = servers else { return nil }
        return client.executor
    }

    package func check(_ request: CheckRequest, at now: Timestamp?) async -> Decision {
        await check(request, at: now, deadline: .now() + decisionTimeout)
    }

    package func checkUnqueued(_ request: CheckRequest) async -> Decision {
        await check(request, at: nil, deadline: .now() + decisionTimeout, waitsForTurn: false)
    }

    /// Judges a request, giving up at a deadline of the caller's.
    ///
    /// - Parameter waitsForTurn: Whether it waits if many decisions of the identity are on their way; else it is
    ///   skipped.
    package func check(
        _ request: CheckRequest, at now: Timestamp?, deadline: NIODeadline, waitsForTurn: Bool = true
    ) async -> Decision {
        do throws(RedisError) {
            let judgement = try await judge(request, at: now, deadline: deadline, waitsForTurn: waitsForTurn)
            counters.decisionSucceeded()
            if judgement.replacedForeignValue { noteForeignValue(under: nameInLogs(request.identity)) }
            return judgement.decision
        } catch {
            noteFailedDecision(error)
            return .unavailable(error.unavailability)
        }
    }

    private func judge(
        _ request: CheckRequest, at now: Timestamp?, deadline: NIODeadline, waitsForTurn: Bool
    ) async throws(RedisError) -> SlidingLogScript.Judgement {
        switch servers {
        case .one(let client, let breaker):
            guard breaker.admits else { throw .circuitOpen }
            try await turns.begin(request.identity, deadline: deadline, waits: waitsForTurn)
            defer { turns.end(request.identity) }
            do throws(RedisError) {
                let judgement = try await script.check(request, at: now, on: client, deadline: deadline)
                breaker.succeeded()
                return judgement
            } catch {
                breaker.failed(error)
                throw error
            }
        case .several(let router):
            try await turns.begin(request.identity, deadline: deadline, waits: waitsForTurn)
            defer { turns.end(request.identity) }
            return try await judge(request, at: now, deadline: deadline, on: router)
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
            let replacedForeignValue =
                switch servers {
                case .one(let client, _): try await script.probe(on: client, deadline: .now() + TimeAmount(timeout))
                case .several(let router): try await probe(router, timeout: timeout)
                }
            if replacedForeignValue { noteForeignValue(under: script.keys.probe) }
            renewal.withLock { $0.probeSucceeded() }
            renewalLog.ended()
            return .success(start.duration(to: .now))
        } catch {
            note(error)
            if renewal.withLock({ $0.probeFailed(error, now: .now()) }) { renew(after: error) }
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

    private func noteForeignValue(under key: String) {
        counters.foreignValueReplaced()
        foreignValueLog.occurred(.foreignValue, metadata: ["key": "\(key)"])
    }

    private func noteFailedDecision(_ error: RedisError) {
        guard error.code != .circuitOpen, error.code != .skipped else { return }
        counters.decisionFailed()
        note(error)
        if renewal.withLock({ $0.decisionFailed(error, now: .now()) }) { renew(after: error) }
    }

    /// Leaves the connections to the one server, so that its address is resolved again.
    ///
    /// Several servers are followed by their topology.
    private func renew(after error: RedisError) {
        guard case .one(let client, _) = servers, client.renew() else { return }
        renewalLog.occurred(error, metadata: ["redis": "\(settings.url)"])
    }

    /// Whether the one server has sent a command to another node of its cluster.
    package var hasMetCluster: Bool { metCluster.load(ordering: .relaxed) }

    /// Reads the certificates to trust, and the own one to show, without using them yet.
    ///
    /// - Returns: Lets the next connections use them; those that stand keep standing.
    /// - Throws: ``RedisError`` with `configuration` if a file cannot be used.
    package func prepareCertificates(
        trustedIn file: String?, own: ClientCertificate?
    ) throws(RedisError) -> @Sendable () -> Void {
        guard let tls else { return {} }
        var settings = settings
        settings.trustedCertificatesFile = file
        settings.clientCertificate = own
        let context = try RedisClient.makeTLS(settings)
        return { tls.replace(with: context) }
    }

    private func note(_ error: RedisError) {
        guard error.code != .cancelled else { return }
        switch error.redirection {
        case .moved?, .ask?: if servers.isOneServer { metCluster.store(true, ordering: .relaxed) }
        case .toPrimary?, nil: break
        }
        lastError.withLock { $0 = error }
    }
}

// MARK: In the background
extension RedisLimiter {
    /// Keeps the connections, probes while the breaker is open, and listens for resets, until the service shuts down.
    package func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.listenForResets() }
            group.addTask { await self.forgetWideResets() }
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

extension RedisError {
    fileprivate static let foreignValue = RedisError(
        .server, "another program writes to the limiter's keys; give it another database or another prefix")
}
