import ParallaxCore

/// One refusal of Redis, and for how long it is certain to be Redis's answer to the same request. A value without a
/// clock.
///
/// A refusal for a full window does not change: no caller can add a unit before that window has room. So Redis
/// would give the same answer, the wait shorter by the time passed, until the first unit leaves any of the windows.
struct CachedRefusal: Equatable, Sendable {
    /// Redis's clock and this instance's may run apart by this share, twice what NTP corrects by (RFC 5905: 500 ppm).
    static let clockDrift = 0.001

    private let policy: Policy
    private let cost: Int
    private let decision: Decision
    private let judgedAt: Timestamp
    /// When Redis was asked, on this instance's own clock.
    private let askedAt: Duration
    /// When Redis's answer was there.
    private let answeredAt: Duration
    /// How long the refusal stands, counted from when it was asked for.
    let lifetime: Duration

    /// Makes a standing refusal of an answer; `nil` if it is none, or could change at any time.
    init?(of request: CheckRequest, _ decision: Decision, askedAt: Duration, answeredAt: Duration) {
        guard case .limited = decision.outcome, let judgedAt = decision.judgedAt, request.cost > 0 else { return nil }
        // Where no window is full a smaller cost can be accepted at any time, and the wait grows.
        guard decision.windows.contains(where: { $0.remaining == 0 }) else { return nil }
        // Of an overdrawn window units leave before its remaining grows, and no one has said when.
        guard decision.windows.allSatisfy({ $0.used <= $0.window.limit }) else { return nil }
        var milliseconds = decision.retryAfterMilliseconds
        for state in decision.windows where state.used > 0 { milliseconds = min(milliseconds, state.reset - judgedAt) }
        // Redis reads whole milliseconds: it may have judged almost one later than it says.
        guard milliseconds > 1 else { return nil }
        policy = request.policy
        cost = request.cost
        self.decision = decision
        self.judgedAt = judgedAt
        self.askedAt = askedAt
        self.answeredAt = answeredAt
        lifetime = .milliseconds(milliseconds - 1) / (1 + CachedRefusal.clockDrift)
    }

    /// What Redis would answer the request now; `nil` if that is not certain.
    ///
    /// It stands from when Redis was asked, as though the answer had been there at once: never longer than in Redis.
    /// What is left to wait is counted from when the answer had come: no one is told to ask again too early.
    func answer(to request: CheckRequest, at now: Duration) -> Decision? {
        guard request.cost == cost, request.policy == policy, now >= answeredAt, now - askedAt <= lifetime else {
            return nil
        }
        let passed = (now - answeredAt).wholeMilliseconds
        return Decision(
            outcome: decision.outcome,
            windows: passed == 0 ? decision.windows : decision.windows.map { $0.moved(by: passed) },
            retryAfterMilliseconds: decision.retryAfterMilliseconds - passed, judgedAt: judgedAt + passed)
    }

    /// Bytes on the heap.
    var heapBytes: Int { decision.windows.count * MemoryLayout<WindowState>.stride + 32 }
}

extension WindowState {
    /// The same state some milliseconds later, while no unit comes or leaves: an empty window resets now.
    fileprivate func moved(by milliseconds: Int64) -> WindowState {
        used > 0 ? self : WindowState(window: window, used: 0, reset: reset + milliseconds)
    }
}

extension Duration {
    fileprivate var wholeMilliseconds: Int64 {
        components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000
    }
}
