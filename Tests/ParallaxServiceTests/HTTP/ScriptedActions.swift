import AdminAPI
@testable import FeatureFlags
import Foundation
import ParallaxCore
import Synchronization

@testable import ParallaxService

/// Admin actions that answer what a test says, and keep what they were asked to do.
final class ScriptedActions: AdminActions {
    enum Call: Equatable {
        case limitStatus(Identity, cost: Int)
        case top(String, Int)
        case reset(Identity)
        case resetAll(ResetScope)
        case acknowledge(by: String, reason: String)
        case beginDrill(by: String, reason: String)
        case endDrill
        case recordDrill(applied: Int64, restored: Int64, instances: Int)
    }

    private let made = Mutex<[Call]>([])
    private let refusal: AcknowledgementRefusal?

    init(refusal: AcknowledgementRefusal? = nil) {
        self.refusal = refusal
    }

    var calls: [Call] { made.withLock { $0 } }

    func limitStatus(of request: CheckRequest) async -> LimitStatus {
        made.withLock { $0.append(.limitStatus(request.identity, cost: request.cost)) }
        return LimitStatus(
            organization: request.identity.organization, identifier: request.identity.identifier,
            memoryLegacy: LimitStatus.Side(.allowed(request)),
            redisDistributed: LimitStatus.Side(.unavailable(.circuitOpen)))
    }

    func mostRefused(organization: String, limit: Int) async -> [MostRefusedAnswer.Entry] {
        made.withLock { $0.append(.top(organization, limit)) }
        return [MostRefusedAnswer.Entry(identifier: "a\"b", refusals: 7, overestimate: 1)]
    }

    func reset(_ identity: Identity) async -> ResetAnswer {
        made.withLock { $0.append(.reset(identity)) }
        return ResetAnswer(memory: true, redis: false)
    }

    func resetAll(of scope: ResetScope) async -> ResetAllAnswer {
        made.withLock { $0.append(.resetAll(scope)) }
        return ResetAllAnswer(memoryIdentities: 3, redisIdentities: 7)
    }

    func flags() async -> HealthReport.FlagFile {
        HealthReport.FlagFile(values: .defaultValue, isLoaded: true)
    }

    func acknowledge(by person: String, reason: String) async throws(AcknowledgementRefusal)
        -> AcknowledgementAnswer
    {
        if let refusal { throw refusal }
        made.withLock { $0.append(.acknowledge(by: person, reason: reason)) }
        return AcknowledgementAnswer(acknowledged: [.redisDown], holdOffUntil: Timestamp(milliseconds: 9))
    }
}

extension ScriptedActions {
    private func refuseDrill() throws(DrillRefusal) {
        if let refusal { throw DrillRefusal(refusal.reason) }
    }

    func beginDrill(by person: String, reason: String) async throws(DrillRefusal) -> DrillNote {
        try refuseDrill()
        made.withLock { $0.append(.beginDrill(by: person, reason: reason)) }
        return DrillNote(
            id: "1", by: person, reason: reason, instance: "test", began: Timestamp(milliseconds: 5),
            until: Timestamp(milliseconds: 9), content: Data())
    }

    func endDrill() async throws(DrillRefusal) -> DrillEnd {
        try refuseDrill()
        made.withLock { $0.append(.endDrill) }
        return .changedByOthers
    }

    func recordDrill(
        appliedMilliseconds: Int64, restoredMilliseconds: Int64, instances: Int, heard: [String]
    ) async throws(DrillRefusal) -> RollbackDrill {
        try refuseDrill()
        made.withLock {
            $0.append(
                .recordDrill(applied: appliedMilliseconds, restored: restoredMilliseconds, instances: instances))
        }
        return RollbackDrill(
            time: Timestamp(milliseconds: 7), appliedMilliseconds: appliedMilliseconds,
            restoredMilliseconds: restoredMilliseconds, instances: instances)
    }
}
