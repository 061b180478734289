import Testing

@testable import RedisLimiting

@Suite struct BackoffTests {
    private var random = SystemRandomNumberGenerator()

    @Test("waits double up to the longest, and are drawn from the upper half")
    mutating func doubles() {
        var backoff = Backoff(delays: .milliseconds(100) ... .milliseconds(350))
        for longest in [100, 200, 350, 350] {
            let delay = backoff.delay(using: &random)
            #expect(delay <= .milliseconds(longest))
            #expect(delay >= .milliseconds(longest) / 2)
        }
        backoff.reset()
        #expect(backoff.delay(using: &random) <= .milliseconds(100))
    }

    @Test("a connection that served for long is made again at once, and so is the first one that served briefly")
    mutating func atOnce() {
        var backoff = Backoff(delays: .milliseconds(50) ... .seconds(2))
        #expect(backoff.delay(afterServing: .milliseconds(1), using: &random) == nil)
        #expect(backoff.delay(afterServing: .seconds(2), using: &random) == nil)
    }

    @Test("a server that serves and closes, again and again, is waited for longer and longer")
    mutating func servingBriefly() throws {
        var backoff = Backoff(delays: .milliseconds(50) ... .milliseconds(400))
        _ = backoff.delay(afterServing: .milliseconds(1), using: &random)
        for least in [50, 100, 200, 200] {
            let delay = try #require(backoff.delay(afterServing: .milliseconds(1), using: &random))
            #expect(delay >= .milliseconds(least) && delay <= .milliseconds(least * 2))
        }
    }

    @Test("a brief service after refusals is waited for like another refusal")
    mutating func afterRefusals() {
        var backoff = Backoff(delays: .milliseconds(50) ... .seconds(2))
        _ = backoff.delay(using: &random)
        #expect(backoff.delay(afterServing: .milliseconds(1), using: &random) != nil)
    }
}
