import AdminAPI
import FeatureFlags
import Logging
import ParallaxCore
import RedisLimiting
import ServiceLifecycle

/// What the admin routes do to the running parts.
struct ServiceAdmin: AdminActions {
    let control: InMemoryLimiter
    let redis: RedisLimiter
    let hybrid: HybridLimiter
    let refused: MostRefused
    let rollback: RollbackService
    let drill: DrillService
    let health: ServiceHealth

    func limitStatus(of request: CheckRequest) async -> LimitStatus {
        let candidate = await redis.check(request, at: nil)
        let control = self.control.look(request, at: Clocks.system.now())
        return LimitStatus(
            organization: request.identity.organization, identifier: request.identity.identifier,
            memoryLegacy: LimitStatus.Side(control), redisDistributed: LimitStatus.Side(candidate))
    }

    func mostRefused(organization: String, limit: Int) async -> [MostRefusedAnswer.Entry] {
        refused.top(of: organization, limit: limit)
    }

    func reset(_ identity: Identity) async -> ResetAnswer {
        let wasInMemory = forget(.identity(identity)) > 0
        do {
            return ResetAnswer(memory: wasInMemory, redis: try await redis.reset(identity))
        } catch {
            return ResetAnswer(memory: wasInMemory, redis: nil, problem: error.description)
        }
    }

    func resetAll(of scope: ResetScope) async -> ResetAllAnswer {
        let inMemory = forget(scope)
        do {
            return ResetAllAnswer(memoryIdentities: inMemory, redisIdentities: try await redis.reset(scope))
        } catch {
            return ResetAllAnswer(memoryIdentities: inMemory, redisIdentities: nil, problem: error.description)
        }
    }

    /// Forgets the identities of a scope here, and says how many there were.
    @discardableResult
    func forget(_ scope: ResetScope) -> Int {
        refused.reset(scope)
        return hybrid.forget(scope)
    }

    func flags() async -> HealthReport.FlagFile { health.flagFile }

    func acknowledge(by person: String, reason: String) async throws(AcknowledgementRefusal) -> AcknowledgementAnswer {
        let latched = rollback.health.latchedTrigger
        do {
            try rollback.acknowledge(by: person, reason: reason)
            // Next to the flag file before it is answered: the record may be locked, and the process may end.
            await rollback.shareAcknowledgement()
            let holdOff: Timestamp? =
                if case .holdingOff(let end) = rollback.health.latch { end } else { nil }
            return AcknowledgementAnswer(acknowledged: latched.map { [$0] } ?? [], holdOffUntil: holdOff)
        } catch {
            throw AcknowledgementRefusal(reason: error.description)
        }
    }
}

extension ServiceAdmin {
    func beginDrill(by person: String, reason: String) async throws(DrillRefusal) -> DrillNote {
        try await drill.begin(by: person, reason: reason)
    }

    func endDrill() async throws(DrillRefusal) -> DrillEnd { try await drill.end() }

    func recordDrill(
        appliedMilliseconds: Int64, restoredMilliseconds: Int64, instances: Int, heard: [String]
    ) async throws(DrillRefusal) -> RollbackDrill {
        try await drill.record(
            appliedMilliseconds: appliedMilliseconds, restoredMilliseconds: restoredMilliseconds, instances: instances,
            heard: heard)
    }
}

/// Forgets here what was reset at any instance.
struct ResetListener: Service {
    let resets: AsyncStream<ResetScope>
    let forget: @Sendable (ResetScope) -> Void

    func run() async {
        for await scope in resets.cancelOnGracefulShutdown() { forget(scope) }
    }
}
