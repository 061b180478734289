import ParallaxCore
import ParallaxTesting
import RedisLimiting
import Testing

@Suite struct SlidingLogScriptTests {
    @Test("the script answers every case of the conformance suite")
    func conforms() async throws {
        try await withPrivateRedis { redis in
            try await withRedisLimiter(redis.settings) { limiter in
                for limiterCase in LimiterConformance.cases {
                    #expect(await limiterCase.mismatches(of: limiter) == [])
                }
            }
        }
    }

    @Test("the reference answers every case of the conformance suite", arguments: LimiterConformance.cases)
    func referenceConforms(_ limiterCase: LimiterCase) async {
        #expect(await limiterCase.mismatches(of: ReferenceLimiter()) == [])
    }
}
