import ParallaxCore
import Testing

/// Which trigger a failure belongs to: always exactly one.
@Suite struct FailureOwnershipTests {
    /// What ten attempts of one kind came to, in a service whose Redis answers its probes or does not.
    private func evaluations(
        _ reason: Unavailability, isRedisUp: Bool, settings: RollbackSettings = RollbackSettings()
    ) throws -> [Evaluation] {
        var evaluator = try RollbackEvaluator(settings: settings)
        for second in 0..<100 { evaluator.probe(success: isRedisUp, at: .at(Double(second))) }
        var tally = AttemptTally()
        for _ in 0..<10 { tally.count(.unavailable(reason)) }
        evaluator.count(tally, at: .at(100))
        return evaluator.evaluate(at: .at(100), strategy: .hybrid).evaluations
    }

    @Test(
        "with Redis away its failures belong only to the outage, and all others are errors",
        arguments: Unavailability.allCases)
    func away(reason: Unavailability) throws {
        let evaluations = try evaluations(reason, isRedisUp: false)
        let errors = evaluations[1].numbers["errors"]
        let outages = evaluations[1].numbers["outages"]
        #expect(evaluations[0].state == .suspect)
        switch reason {
        case .skipped: #expect((errors, outages) == (0, 0))
        case .error: #expect((errors, outages) == (10, 0))
        case .timedOut, .disconnected, .circuitOpen, .loading, .readOnly, .clusterDown, .unauthorized:
            #expect((errors, outages) == (0, 10))
            // Neither raising nor diluting the rate of the rest.
            #expect(evaluations[1].numbers["attempts"] == 0)
        }
    }

    @Test("with Redis answering its probes every failure is an error", arguments: Unavailability.allCases)
    func answering(reason: Unavailability) throws {
        let evaluations = try evaluations(reason, isRedisUp: true)
        #expect(evaluations[0].state == .ok)
        #expect(evaluations[1].numbers["errors"] == (reason == .skipped ? 0 : 10))
        #expect(evaluations[1].numbers["outages"] == 0)
    }

    @Test("by setting, failures of a Redis that is away are errors as well, and fire within a minute")
    func setting() throws {
        for counted in [false, true] {
            var evaluator = try RollbackEvaluator(settings: .with { $0.outagesAsErrors = counted })
            var fired: [Trigger: Int] = [:]
            for second in 0..<600 {
                let isUp = second < 400
                evaluator.probe(success: isUp, at: .at(Double(second)))
                evaluator.count(
                    isUp ? AttemptTally(decided: 10) : AttemptTally(outages: 10), at: .at(Double(second)))
                guard second % 10 == 0 else { continue }
                for evaluation in evaluator.evaluate(at: .at(Double(second)), strategy: .hybrid).evaluations
                where evaluation.state == .firing {
                    fired[evaluation.trigger] = fired[evaluation.trigger] ?? second - 400
                }
            }
            #expect(fired[.redisDown] == 130)
            #expect(fired[.errorRate].map { $0 <= 60 } == (counted ? true : nil))
        }
    }
}
