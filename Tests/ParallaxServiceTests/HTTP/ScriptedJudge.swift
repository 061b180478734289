import ParallaxCore
import Synchronization

@testable import ParallaxService

/// A judge that answers what a test says, and keeps what it was asked.
final class ScriptedJudge: RequestJudge {
    private let asked = Mutex<[CheckRequest]>([])
    private let heard = Mutex<[ReportedVerdict?]>([])
    private let decide: @Sendable (CheckRequest) -> (Strategy, Side, Decision)

    init(_ decide: @escaping @Sendable (CheckRequest) -> (Strategy, Side, Decision)) {
        self.decide = decide
    }

    /// Allows everything, in hybrid, from memory.
    static func allowing() -> ScriptedJudge {
        ScriptedJudge { request in (.hybrid, .control, .allowed(request)) }
    }

    var requests: [CheckRequest] { asked.withLock { $0 } }
    /// What came with each request.
    var reports: [ReportedVerdict?] { heard.withLock { $0 } }

    func judge(_ request: CheckRequest, reported: ReportedVerdict?) async -> Answer {
        heard.withLock { $0.append(reported) }
        asked.withLock { $0.append(request) }
        let (strategy, side, decision) = decide(request)
        return Answer(
            identity: request.identity, time: .now, strategy: strategy, enforced: side, isStandIn: false,
            decision: decision, duration: .microseconds(10))
    }
}

extension Timestamp {
    /// The time at which scripted decisions are made.
    static let now = Timestamp(milliseconds: 1_700_000_000_000)
}

extension Decision {
    /// The request's units were accepted, and nothing else was used.
    static func allowed(_ request: CheckRequest) -> Decision {
        let windows = request.policy.windows.map {
            WindowState(window: $0, used: request.cost, reset: .now + $0.durationMilliseconds)
        }
        return Decision(outcome: .allowed, windows: windows, retryAfterMilliseconds: 0, judgedAt: .now)
    }

    /// The window of a name is spent.
    static func limited(_ request: CheckRequest, by name: String, retryAfterMilliseconds: Int64) -> Decision {
        let windows = request.policy.windows.map {
            let isSpent = $0.name == name
            return WindowState(window: $0, used: isSpent ? $0.limit : 0, reset: isSpent ? .now + 1 : .now)
        }
        return Decision(
            outcome: .limited(by: name), windows: windows, retryAfterMilliseconds: retryAfterMilliseconds,
            judgedAt: .now)
    }
}
