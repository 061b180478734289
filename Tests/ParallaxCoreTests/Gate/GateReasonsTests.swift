import Testing

@testable import ParallaxCore

/// What the gate says when it cannot know enough to go on.
@Suite struct GateReasonsTests {
    private static let now = Timestamp(milliseconds: 1_800_000_000_000)

    private static func check(
        _ name: GateCheck.Name, _ change: (inout GateFigures) -> Void
    ) throws -> GateCheck {
        var figures = GateFigures.passing(at: now)
        change(&figures)
        return try #require(Gate(figures, now: now).checks.first { $0.name == name })
    }

    /// Response times as `legacy` has them: nothing can fire, and the error rate has nothing to count.
    private static func legacy(hasBaseline: Bool) -> [GateFigures.TriggerReading] {
        [
            .init(trigger: .redisDown, state: .ok, time: now, sentence: "up", recordedUntil: now, isInPlay: false),
            .init(
                trigger: .errorRate, state: .inconclusive, time: now, sentence: "0 attempts", recordedUntil: now,
                isInPlay: false),
            .init(
                trigger: .responseTime, state: .inconclusive, time: now,
                sentence: "no baseline yet: 40 of 5,000 response times", recordedUntil: now, isInPlay: false,
                hasBaseline: hasBaseline),
        ]
    }

    @Test("from legacy the gate waits for a baseline or a hold-out, and says what is missing")
    func baseline() throws {
        let missing = try Self.check(.armed) { $0.triggers = Self.legacy(hasBaseline: false) }
        #expect(missing.outcome == .fail)
        #expect(
            missing.reason
                == "The trigger response_time cannot fire: no baseline yet: 40 of 5,000 response times; stay in legacy until it is learned, or set BASELINE_HOLDOUT_PERCENT."
        )
        #expect(try Self.check(.armed) { $0.triggers = Self.legacy(hasBaseline: true) }.outcome == .pass)
        let heldOut = try Self.check(.armed) {
            $0.triggers = Self.legacy(hasBaseline: false)
            $0.hasHoldout = true
        }
        #expect(heldOut.outcome == .pass)
    }

    @Test("Redis must be judged before the first step too")
    func redis() throws {
        let check = try Self.check(.armed) {
            $0.triggers = Self.legacy(hasBaseline: true)
            $0.triggers[0].state = .warming
        }
        #expect(check.reason?.contains("redis_down cannot fire: it is warming (up)") == true)
    }

    @Test("a hold-out ends with hybrid: the last step needs a baseline", arguments: [false, true])
    func lastStep(hasBaseline: Bool) throws {
        for target in [PromotionPhase.share50, .distributedOnly] {
            let check = try Self.check(.armed) {
                $0.hasHoldout = true
                $0.target = target
                $0.triggers[2].hasBaseline = hasBaseline
            }
            #expect((check.outcome == .pass) == (hasBaseline || target == .share50))
        }
    }

    @Test("an unexplained share that is not sure enough says how many more requests make it so")
    func moreNeeded() throws {
        let check = try Self.check(.unexplained) { ($0.unexplained, $0.compared) = (0, 450) }
        #expect(check.outcome == .cannotTell)
        #expect(
            check.reason
                == "Unexplained divergences may be up to 0.85 % of the requests, which is not below 0.1 %: 3,388 more requests without one are needed."
        )
        let enough = try Self.check(.unexplained) { ($0.unexplained, $0.compared) = (0, 450 + 3_388) }
        #expect(enough.outcome == .pass)
        let almost = try Self.check(.unexplained) { ($0.unexplained, $0.compared) = (0, 450 + 3_387) }
        #expect(almost.outcome == .cannotTell)
    }

    @Test("instances without records are named, and so are those that do something else than the file says")
    func instances() throws {
        let missing = try Self.check(.instances) { $0.sharers?.append(.init(name: "c")) }
        #expect(missing.figure == "2 of 3 heard")
        #expect(missing.reason?.hasPrefix("No record of c, which reads the same flag file") == true)
        let deviating = try Self.check(.instances) { $0.sharers?[1].deviation = "is in legacy" }
        #expect(deviating.reason?.contains("(b is in legacy)") == true)
    }

    @Test("unanswered requests are told by reason, the most frequent first")
    func unanswered() throws {
        let check = try Self.check(.answered) { $0.incomparable = ["skipped": 1_771, "timed_out": 2_000] }
        #expect(check.figure == "3,771 unanswered, 27.4 %")
        #expect(check.reason?.contains("(timed_out 2,000, skipped 1,771)") == true)
    }

    @Test("the first step is asked for the instances, what triggers see and whether they could, and nothing else")
    func firstStep() {
        let gate = Gate(GateFigures.passing(at: Self.now), now: Self.now).asked(for: .hybrid)
        #expect(gate.checks.map(\.name) == [.instances, .triggers, .armed])
        #expect(gate.verdict == .go)
    }
}
