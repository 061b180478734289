import ParallaxCore
import Synchronization

@testable import ParallaxService

/// Admin actions that answer what a test says, and keep what they were asked to do.
final class ScriptedActions: AdminActions {
    enum Call: Equatable {
        case standing(Identity, cost: Int)
        case top(String, Int)
        case reset(Identity)
        case acknowledge(by: String, reason: String)
    }

    private let made = Mutex<[Call]>([])
    private let refusal: AcknowledgementRefusal?

    init(refusal: AcknowledgementRefusal? = nil) {
        self.refusal = refusal
    }

    var calls: [Call] { made.withLock { $0 } }

    func standing(of request: CheckRequest) async -> Standing {
        made.withLock { $0.append(.standing(request.identity, cost: request.cost)) }
        return Standing(control: .allowed(request), candidate: .unavailable(.circuitOpen))
    }

    func mostRefused(organization: String, limit: Int) async -> [MostRefused.Entry] {
        made.withLock { $0.append(.top(organization, limit)) }
        return [MostRefused.Entry(identifier: "a\"b", refusals: 7, overestimate: 1)]
    }

    func reset(_ identity: Identity) async -> ResetReport {
        made.withLock { $0.append(.reset(identity)) }
        return ResetReport(memory: true, redis: false)
    }

    func flags() async -> HealthSnapshot.FlagFile {
        HealthSnapshot.FlagFile(values: .standard, isLoaded: true)
    }

    func acknowledge(by person: String, reason: String) async throws(AcknowledgementRefusal) -> [Trigger] {
        if let refusal { throw refusal }
        made.withLock { $0.append(.acknowledge(by: person, reason: reason)) }
        return [.redisDown]
    }
}
