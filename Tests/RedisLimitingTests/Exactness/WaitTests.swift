import ParallaxCore
import ParallaxTesting
import Testing

/// The instants that a decision promises, taken at their word.
@Suite struct WaitTests {
    private static let identities = 64
    private static let questionsEach = 120

    @Test("a millisecond before its retry-after a request is refused again, and at it accepted, on all three")
    func retryAfter() async throws {
        let waits = try await sum { trace, trio in try await Self.waitOut(&trace, trio) }
        #expect(waits > 1_000, "\(waits) refusals prove little; \(TestSeed.remedy)")
    }

    @Test("a millisecond before its reset a window's remaining is what it was, and at it more, on all three")
    func reset() async throws {
        let resets = try await sum { trace, trio in try await Self.lookAround(&trace, trio) }
        #expect(resets > 1_000, "\(resets) windows prove little; \(TestSeed.remedy)")
    }

    private func sum(
        _ count: @escaping @Sendable (inout RandomTrace, LimiterTrio) async throws -> Int
    ) async throws -> Int {
        try await withLimiterTrio { trio in
            try await withThrowingTaskGroup(of: Int.self) { group in
                for index in 0..<Self.identities {
                    group.addTask {
                        var trace = RandomTrace(identifier: "id-\(index)", seed: TestSeed.current ^ UInt64(index))
                        return try await count(&trace, trio)
                    }
                }
                return try await group.reduce(0, +)
            }
        }
    }

    /// Asks at random, and whenever it is refused waits once to the last millisecond.
    private static func waitOut(_ trace: inout RandomTrace, _ trio: LimiterTrio) async throws -> Int {
        var waits = 0
        var answer: Decision?
        for _ in 0..<questionsEach {
            let question = trace.next(after: answer)
            var decision = try await trio.check(question.request, at: question.now, "asking")
            if case .limited = decision.outcome {
                let wait = decision.retryAfterMilliseconds
                try #require(wait > 0, "\(TestSeed.remedy)")
                let early = try await trio.check(question.request, at: question.now + (wait - 1), "just before")
                try #require(!early.isAllowed && early.retryAfterMilliseconds == 1, "\(TestSeed.remedy)")
                decision = try await trio.check(question.request, at: question.now + wait, "at the retry-after")
                try #require(decision.isAllowed, "\(TestSeed.remedy)")
                trace.now = question.now + wait
                waits += 1
            }
            answer = decision
        }
        return waits
    }

    /// Asks at random, and looks at every window just before its reset and at it.
    private static func lookAround(_ trace: inout RandomTrace, _ trio: LimiterTrio) async throws -> Int {
        var resets = 0
        var answer: Decision?
        for _ in 0..<questionsEach {
            let question = trace.next(after: answer)
            let decision = try await trio.check(question.request, at: question.now, "asking")
            let look = try CheckRequest(identity: trace.identity, policy: trace.policy, cost: 0)
            for (index, state) in decision.windows.enumerated() where state.used > 0 {
                let before = try await trio.check(look, at: state.reset + -1, "just before the reset")
                try #require(before.windows[index].remaining == state.remaining, "\(TestSeed.remedy)")
                let after = try await trio.check(look, at: state.reset, "at the reset")
                try #require(after.windows[index].remaining > state.remaining, "\(TestSeed.remedy)")
                resets += 1
            }
            answer = decision
        }
        return resets
    }
}
