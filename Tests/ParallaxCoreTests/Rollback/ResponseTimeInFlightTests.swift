import ParallaxCore
import Testing

/// Requests that have no answer yet.
@Suite struct ResponseTimeInFlightTests {
    private let baseline = Baseline.frozen(.milliseconds(10))

    /// A trigger that has watched long enough, with fast answers in both windows.
    private func trigger(answered: Int) -> ResponseTimeTrigger {
        var trigger = ResponseTimeTrigger(settings: RollbackSettings())
        trigger.count(LatencyHistogram(), at: .at(0))
        var times = ResponseTimes()
        for _ in 0..<answered { times.inPlay.record(.milliseconds(10), wait: .milliseconds(1)) }
        trigger.count(times, from: .service, at: .at(100))
        return trigger
    }

    private func waiting(_ count: Int, for duration: Duration) -> LatencyHistogram {
        var ages = LatencyHistogram()
        for _ in 0..<count { ages.record(duration) }
        return ages
    }

    @Test("requests that wait beyond the limit count as slow ones; those that have not waited as long count nowhere")
    func slowInFlight() {
        var trigger = trigger(answered: 1_000)
        let fine = trigger.read(at: .at(100), baseline: baseline, waiting: waiting(900, for: .milliseconds(20)))
        #expect(fine.state == .ok && fine.slowInFlight == 0 && fine.samples == 1_000)
        let slow = trigger.read(at: .at(100), baseline: baseline, waiting: waiting(200, for: .milliseconds(100)))
        #expect(slow.state == .firing && slow.slowInFlight == 200)
        #expect(slow.samples == 1_200 && slow.shortSamples == 1_200)
    }

    @Test("once no answers come, waiting callers are enough to fire")
    func nothingAnswered() {
        var trigger = trigger(answered: 0)
        let few = trigger.read(at: .at(100), baseline: baseline, waiting: waiting(299, for: .seconds(30)))
        #expect(few.state == .inconclusive)
        let enough = trigger.read(at: .at(100), baseline: baseline, waiting: waiting(300, for: .seconds(30)))
        #expect(enough.state == .firing)
    }

    @Test("what waited is counted once: at each reading with its present age, and once answered with its whole time")
    func countedOnce() throws {
        var trigger = trigger(answered: 300)
        for seconds in [1, 2, 3] {
            let reading = trigger.read(
                at: .at(100 + Double(seconds)), baseline: baseline, waiting: waiting(100, for: .seconds(seconds)))
            #expect(reading.samples == 400)
            let quantile = try #require(reading.quantiles).quantile
            #expect(abs(quantile / .seconds(seconds) - 1) < 0.05)
        }
        for _ in 0..<100 { trigger.latency(.seconds(4), at: .at(104)) }
        #expect(trigger.read(at: .at(104), baseline: baseline).samples == 400)
    }

    @Test("it says how many are still unanswered, and that waiting for the limiter is all of it")
    func sentence() {
        var trigger = trigger(answered: 300)
        let evaluation = trigger.evaluate(
            at: .at(100), baseline: baseline, waiting: waiting(300, for: .milliseconds(100)))
        #expect(evaluation.numbers["slowInFlight"] == 300)
        #expect(evaluation.sentence.contains("600 response times, 300 of them still unanswered; of the "))
        #expect(evaluation.sentence.hasSuffix(" ms added, the limiter caused all"))
    }

    @Test("an application's callers are not among those that wait at the service")
    func otherSource() {
        var trigger = trigger(answered: 300)
        let reading = trigger.read(
            .application, at: .at(100), baseline: baseline, waiting: waiting(500, for: .seconds(1)))
        #expect(reading.samples == 0 && reading.slowInFlight == 0)
    }
}
