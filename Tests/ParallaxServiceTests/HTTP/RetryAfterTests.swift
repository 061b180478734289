import HTTPTypes
import HummingbirdCore
import ParallaxCore
import ParallaxTesting
import RedisLimiting
import Testing

@testable import ParallaxService

@Suite struct RetryAfterTests {
    @Test("who waits as many whole seconds as the answer says is accepted, and a second less is too early")
    func wholeSeconds() async throws {
        try await withPrivateRedis { redis in
            try await withRedisLimiter(redis.settings) { limiter in
                let limiters: [any Limiter] = [limiter, InMemoryLimiter(), ReferenceLimiter()]
                for limiter in limiters {
                    var waits = 0
                    for index in 0..<30 { waits += try await Self.waitOut(index, on: limiter) }
                    #expect(waits > 300, "\(waits) refusals prove little; \(TestSeed.remedy)")
                }
            }
        }
    }

    /// Asks at random, and whenever it is refused waits as the header says.
    private static func waitOut(_ index: Int, on limiter: any Limiter) async throws -> Int {
        var trace = RandomTrace(identifier: "id-\(index)", seed: TestSeed.current &+ UInt64(index))
        var waits = 0
        var answer: Decision?
        for _ in 0..<40 {
            let question = trace.next(after: answer)
            let decision = await limiter.check(question.request, at: question.now)
            answer = decision
            guard case .limited = decision.outcome else { continue }
            let seconds = try #require(retryAfter(decision, to: question.request))
            let early = await limiter.check(question.request, at: question.now + (seconds - 1) * 1_000)
            try #require(!early.isAllowed, "\(seconds) s for \(decision); \(TestSeed.remedy)")
            answer = await limiter.check(question.request, at: question.now + seconds * 1_000)
            try #require(answer?.isAllowed == true, "\(seconds) s for \(decision); \(TestSeed.remedy)")
            trace.now = question.now + seconds * 1_000
            waits += 1
        }
        return waits
    }

    /// The header of a refusal, in whole seconds.
    private static func retryAfter(_ decision: Decision, to request: CheckRequest) -> Int64? {
        let answer = Answer(
            identity: request.identity, time: decision.judgedAt!, strategy: .distributedOnly, enforced: .candidate,
            isStandIn: false, decision: decision, duration: .zero)
        let response = AnswerResponse(answer: answer, verdict: .limited).response
        return response.headers[.retryAfter].flatMap { Int64($0) }
    }
}
