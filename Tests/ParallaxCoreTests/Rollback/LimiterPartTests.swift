import ParallaxCore
import ParallaxTesting
import Testing

/// How much of what was added the limiter itself caused.
@Suite struct LimiterPartTests {
    private func evaluate(_ times: ResponseTimes) -> Evaluation {
        var trigger = ResponseTimeTrigger(settings: RollbackSettings())
        trigger.count(LatencyHistogram(), at: .at(0))
        trigger.count(times, from: .service, at: .at(100))
        return trigger.evaluate(at: .at(100), baseline: .frozen(.milliseconds(10)))
    }

    @Test("it is what would be gone had no caller waited for the candidate, of the same requests")
    func someOfIt() throws {
        var times = ResponseTimes()
        for _ in 0..<400 { times.inPlay.record(.milliseconds(48), wait: .milliseconds(8)) }
        let evaluation = evaluate(times)
        let part = try #require(evaluation.numbers["limiterMilliseconds"])
        let added = try #require(evaluation.numbers["addedMilliseconds"])
        // Two quantiles, each of which is at most 3.2 % off.
        #expect(abs(part - 8) < 0.032 * (48 + 40))
        #expect(abs(added - 38) < 0.032 * (48 + 10))
        #expect(evaluation.numbers["waits"] == 400)
        #expect(abs(try #require(evaluation.numbers["waitMedianMilliseconds"]) - 8) < 0.3)
        #expect(evaluation.sentence.contains("; of the "))
        #expect(evaluation.sentence.contains(" ms added, the limiter caused "))
        #expect(evaluation.sentence.hasSuffix(" ms"))
    }

    @Test("slow requests that are not the ones that waited are not the limiter's fault")
    func others() throws {
        var times = ResponseTimes()
        // Every tenth is slow by itself; the rest wait for the candidate, as long as the slow ones take.
        for number in 0..<1_000 {
            let isSlow = number % 10 == 0
            times.inPlay.record(.milliseconds(isSlow ? 400 : 12), wait: isSlow ? .zero : .milliseconds(11))
        }
        let part = try #require(evaluate(times).numbers["limiterMilliseconds"])
        #expect(part == 0)
    }

    @Test("few callers who wait long for the candidate fire, though all others hide them in the quantile of all")
    func fewEnforced() throws {
        var times = ResponseTimes()
        for _ in 0..<9_600 { times.inPlay.record(.milliseconds(8), wait: .zero) }
        for _ in 0..<400 { times.inPlay.record(.milliseconds(208), wait: .milliseconds(200)) }
        let evaluation = evaluate(times)
        #expect(evaluation.state == .firing)
        #expect(evaluation.sentence.hasPrefix("callers who wait for the candidate: p95 "))
        #expect(evaluation.sentence.hasSuffix("the limiter caused all"))
        #expect(evaluation.numbers["samples"] == 10_000 && evaluation.numbers["waitedSamples"] == 400)
        #expect(try #require(evaluation.numbers["quantileMilliseconds"]) < 9)
        let part = try #require(evaluation.numbers["waitedLimiterMilliseconds"])
        #expect(abs(part - 200) < 0.032 * (208 + 8))
    }

    @Test("too few who wait say nothing, and if all callers wait there is one verdict", arguments: [299, 400])
    func fewOrAll(waited: Int) {
        var times = ResponseTimes()
        for _ in 0..<waited { times.inPlay.record(.milliseconds(208), wait: .milliseconds(200)) }
        if waited == 299 { for _ in 0..<9_600 { times.inPlay.record(.milliseconds(8), wait: .zero) } }
        let evaluation = evaluate(times)
        #expect(evaluation.state == (waited == 299 ? .ok : .firing))
        #expect(evaluation.sentence.hasPrefix("p95 "))
        #expect((evaluation.numbers["waitedSamples"] == nil) == (waited == 400))
    }

    @Test("a candidate that runs next to the request caused none")
    func beside() {
        var times = ResponseTimes()
        for _ in 0..<400 { times.inPlay.record(.milliseconds(48), wait: .zero) }
        let evaluation = evaluate(times)
        #expect(evaluation.sentence.contains("added, the limiter caused none: no caller waited for it"))
        #expect(evaluation.numbers["limiterMilliseconds"] == 0)
        #expect(evaluation.numbers["waits"] == nil)
    }

    @Test("where nothing was added, or the waits are not known, nothing is said of it", arguments: [true, false])
    func nothingToSay(isFast: Bool) {
        var times = ResponseTimes()
        for _ in 0..<400 {
            if isFast {
                times.inPlay.record(.milliseconds(9), wait: .milliseconds(8))
            } else {
                times.inPlay.times.record(.milliseconds(48))
            }
        }
        let evaluation = evaluate(times)
        #expect(!evaluation.sentence.contains("limiter"))
        #expect((evaluation.numbers["limiterMilliseconds"] == nil) == !isFast)
    }

    @Test("it is never more than the quantile and never below nothing, whatever the waits")
    func bounds() throws {
        var generator = SplitMix64(seed: 11)
        for _ in 0..<50 {
            var times = ResponseTimes()
            for _ in 0..<400 {
                let time = Duration.microseconds(Int64.random(in: 1...100_000, using: &generator))
                times.inPlay.record(time, wait: time * Double.random(in: 0...1.2, using: &generator))
            }
            let figures = evaluate(times).numbers
            let part = try #require(figures["limiterMilliseconds"])
            #expect((0...(try #require(figures["quantileMilliseconds"]))).contains(part))
        }
    }
}
