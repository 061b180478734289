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

    @Test("a decision reads a few places of a long log and never all of it")
    func readsLittle() async throws {
        let policy = try Policy(windows: [
            Window(name: "hour", limit: 1_000_000, durationMilliseconds: 3_600_000),
            Window(name: "second", limit: 1_000_000, durationMilliseconds: 1_000),
        ])
        let identity = try Identity(identifier: "busy")
        try await withPrivateRedis { redis in
            try await withRedisLimiter(redis.settings) { limiter in
                let all = try CheckRequest(identity: identity, policy: policy, cost: 1_000_000)
                #expect(await limiter.check(all, at: nil).isAllowed)
                // A new interpreter, so that what follows is all that its memory has held.
                try await redis.ask("SCRIPT", "FLUSH", "SYNC")
                try await redis.ask("CONFIG", "RESETSTAT")
                for cost in [1, 1_000_000, 0] {
                    let request = try CheckRequest(identity: identity, policy: policy, cost: cost)
                    #expect(await limiter.check(request, at: nil).isAllowed == (cost == 0))
                }
                let memory = try #require(try await redis.ask("INFO", "memory").text)
                let held = try #require(memory.firstMatch(of: /used_memory_lua:([0-9]+)/)).output.1
                #expect(try #require(Int(held)) < 1_000_000, "the log has four million bytes")
                let statistics = try #require(try await redis.ask("INFO", "commandstats").text)
                let reads = try #require(statistics.firstMatch(of: /cmdstat_getrange:calls=([0-9]+)/)).output.1
                #expect(try #require(Int(reads)) < 300)
            }
        }
    }

    @Test("the reference answers every case of the conformance suite", arguments: LimiterConformance.cases)
    func referenceConforms(_ limiterCase: LimiterCase) async {
        #expect(await limiterCase.mismatches(of: ReferenceLimiter()) == [])
    }
}
