import CommandSupport
import DivergenceStore
import Foundation
import Logging
import ParallaxCore
import RedisLimiting
import Simulation
import Settings

/// Everything that `parallax replay` needs to know before it starts.
struct ReplayPlan: Sendable {
    var log: String
    var format: LogFormat
    var identification: LogIdentification
    var organization: String
    var reorderMilliseconds: Int64
    var policy: Policy
    var simulation: Simulation.Settings
    var hashesIdentities: Bool
    /// Where the shared limiter is; `nil` for one in memory.
    var redis: RedisSettings?
    /// How many newly limited clients are listed for each fleet.
    var top: Int

    /// What the shared limiter is.
    var candidateName: String { redis == nil ? "memory" : "redis" }

    /// Runs the whole log, showing how far it is.
    func run(recordingIn store: DivergenceStore) async throws -> ReplayOutcome {
        let reader = try AccessLogReader(path: log, format: format)
        let start = ContinuousClock.now
        var meter = ProgressMeter(style: .detect(descriptor: STDERR_FILENO), verb: "judged")
        var replay = LogReplay(
            requests: OrderedRequests(
                reader: reader, identification: identification, organization: organization,
                reorderMilliseconds: reorderMilliseconds,
                renaming: hashesIdentities ? CachedPseudonyms().rename : nil),
            simulation: Simulation(policy: policy, settings: simulation),
            recorder: BlockingRecorder(
                store: store, instances: (1...simulation.instances).map { "replay-\($0)" }))
        let shouldContinue = { (progress: LogReplay.Progress) in
            show(progress, since: start, in: &meter)
            return !Task.isCancelled
        }
        if let redis {
            let candidate = try await RedisCandidate(redis)
            do {
                try await replay.run(candidate: candidate, shouldContinue: shouldContinue)
            } catch {
                await candidate.close(forgetting: replay.simulation.identities)
                throw error
            }
            await candidate.close(forgetting: replay.simulation.identities)
        } else {
            try await replay.run(
                candidate: InMemoryLimiter(bounds: .unbounded, shardCount: 1), shouldContinue: shouldContinue)
        }
        finish(replay, since: start, in: meter)
        return makeOutcome(replay, elapsed: start.duration(to: .now))
    }

    private func show(
        _ progress: LogReplay.Progress, since start: ContinuousClock.Instant, in meter: inout ProgressMeter
    ) {
        let position = ProgressMeter.Position(
            sent: progress.requests, fraction: progress.fraction, elapsed: start.duration(to: .now))
        if let output = meter.update(position) { Terminal.show(output) }
    }

    private func finish(_ replay: LogReplay, since start: ContinuousClock.Instant, in meter: ProgressMeter) {
        Terminal.show(
            meter.finish(
                ProgressMeter.Position(
                    sent: replay.judged, fraction: replay.requests.fraction, elapsed: start.duration(to: .now))))
        if TerminalStyle.detect(descriptor: STDERR_FILENO).isInteractive { Terminal.note("") }
    }

    private func makeOutcome(_ replay: LogReplay, elapsed: Duration) -> ReplayOutcome {
        ReplayOutcome(
            plan: self, judged: replay.judged, log: replay.requests.log, order: replay.requests.order,
            forecast: replay.simulation.makeForecast(top: top), elapsed: elapsed, failure: replay.failure)
    }
}

/// The result of a replay, in addition to the report.
struct ReplayOutcome: Sendable {
    let plan: ReplayPlan
    /// Requests that both sides judged.
    let judged: Int
    let log: AccessLogTally
    let order: ReorderTally
    let forecast: Forecast
    let elapsed: Duration
    /// Why it ended before the log's end.
    let failure: (any Error)?
}

/// The shared limiter of a replay in a real Redis, judging at the log's times.
///
/// Keys are those of an organization of the run's own, which no real one has, and are deleted as their clients go quiet
/// and at the end; those of a run that was killed expire by themselves. So it can run on a Redis that serves.
final class RedisCandidate: PipelinedCandidate, Sendable {
    /// How long one answer may take.
    private static let timeout: Duration = .seconds(10)

    let maximumInFlight = 1024
    private let limiter: RedisLimiter
    private let organization: String
    private let connection: Task<Void, Never>

    /// Connects, and loads the script.
    ///
    /// - Throws: ``RedisError`` if the Redis at the address cannot decide.
    init(_ settings: RedisSettings) async throws {
        var settings = settings
        settings.maximumConnections = 2
        settings.refusalCacheIdentities = 0
        let limiter = try RedisLimiter(
            settings: settings, logger: Logger(label: "parallax.replay", factory: { _ in SwiftLogNoOpLogHandler() }))
        if let problem = limiter.pipeliningProblem { throw problem }
        self.limiter = limiter
        // Sixteen random digits: two runs at once do not meet, and no tenant is called so.
        organization = "parallax-replay-" + String(UInt64.random(in: .min ... .max), radix: 16)
        connection = Task { await limiter.run() }
        if case .failure(let error) = await limiter.probe(timeout: settings.connectionTimeout) {
            connection.cancel()
            throw error
        }
    }

    func ask(_ request: CheckRequest, at now: Timestamp) -> PendingDecision {
        let sent = limiter.send(Self.renamed(request, organization), at: now, timeout: Self.timeout)
        return { try await sent.decision() }
    }

    func forget(_ identities: [Identity]) async throws {
        try await limiter.discard(
            identities.map { try Identity(organization: organization, identifier: $0.identifier) })
    }

    /// Deletes what is left, and lets go of Redis; also where the run was interrupted.
    func close(forgetting identities: [Identity]) async {
        await Task { try? await forget(identities) }.value
        connection.cancel()
        await connection.value
    }

    private static func renamed(_ request: CheckRequest, _ organization: String) -> CheckRequest {
        guard let identity = try? Identity(organization: organization, identifier: request.identity.identifier),
            let renamed = try? CheckRequest(identity: identity, policy: request.policy, cost: request.cost)
        else { preconditionFailure("another organization makes no request invalid") }
        return renamed
    }
}

/// Pseudonyms of a run's own: each is made once while its client is active.
///
/// The key is drawn again and never kept: addresses are so few that anyone who has the key finds them by trying all.
final class CachedPseudonyms {
    private static let maximumKnown = 100_000

    private let pseudonyms = Pseudonyms(key: PseudonymKey())
    private var known: [Identity: Identity] = [:]

    func rename(_ identity: Identity) -> Identity {
        if let pseudonym = known[identity] { return pseudonym }
        if known.count >= Self.maximumKnown { known.removeAll(keepingCapacity: true) }
        let pseudonym = pseudonyms.rename(identity)
        known[identity] = pseudonym
        return pseudonym
    }
}
