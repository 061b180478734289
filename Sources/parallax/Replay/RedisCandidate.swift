import Foundation
import Logging
import ParallaxCore
import RedisLimiting
import Replay

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
