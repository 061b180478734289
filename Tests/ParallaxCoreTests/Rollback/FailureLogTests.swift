import Testing

@testable import ParallaxCore

@Suite struct FailureLogTests {
    private func evaluation(_ state: TriggerState) -> Evaluation {
        Evaluation(
            trigger: .errorRate, time: ClockReading.at(0).wall, state: state, sentence: "error rate 7.9 %"
        )
    }

    @Test("reasons are listed the most frequent first, with the time since the first of them")
    func reasons() {
        var log = FailureLog(settings: RollbackSettings())
        log.count(FailureTally([.timedOut: 2, .loading: 1]), at: .at(10))
        log.count(FailureTally([.loading: 4, .error: 2, .skipped: 0]), at: .at(30))
        let explained = log.explaining(evaluation(.firing), at: .at(44))
        #expect(explained.sentence == "error rate 7.9 %; failed for 34 s: loading 5, error 2, timed_out 2")
        #expect(explained.numbers["failures.loading"] == 5 && explained.numbers["failures.skipped"] == nil)
        #expect(explained.failuresBegan == ClockReading.at(10).wall)
        let quiet = log.explaining(evaluation(.ok), at: .at(44))
        #expect(quiet.sentence == "error rate 7.9 %" && quiet.numbers.count == 4)
    }

    @Test("failures that have left the window are forgotten, and the next ones count from their own first")
    func forgets() {
        var log = FailureLog(settings: RollbackSettings())
        log.count(FailureTally([.error: 1]), at: .at(10))
        log.count(FailureTally(), at: .at(400))
        #expect(log.explaining(evaluation(.firing), at: .at(400)) == evaluation(.firing))
        log.count(FailureTally([.error: 1]), at: .at(401))
        #expect(
            log.explaining(evaluation(.firing), at: .at(402)).failuresBegan
                == ClockReading.at(401).wall)
    }

    @Test("counters count each reason by itself, and give what they have once")
    func counters() {
        let counters = FailureCounters()
        for reason in Unavailability.allCases { counters.count(reason) }
        counters.count(.unauthorized)
        let taken = counters.take()
        #expect(taken.reasons.count == 9 && taken.reasons.first?.reason == .unauthorized)
        #expect(counters.take().isEmpty)
    }
}
