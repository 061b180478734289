import Testing

@testable import ParallaxCore

/// What the gate says when it cannot know enough to go on.
@Suite struct GateReasonsTests {
    private static let now = Timestamp(milliseconds: 1_800_000_000_000)

    private static func check(
        _ name: GateCheck.Name, _ change: (inout GateInputs) -> Void
    ) throws -> GateCheck {
        var figures = GateInputs.passing(at: now)
        change(&figures)
        return try #require(Gate(figures, now: now).checks.first { $0.name == name })
    }

    /// What instances judge in `legacy`: nothing can fire, and the error rate has nothing to count.
    private static func legacy(
        isArmed: Bool, sentence: String = "no baseline yet: 40 of 5,000 response times", secondsLeft: Int = 0
    ) -> [GateInputs.TriggerReading] {
        [
            .init(
                trigger: .redisDown, state: .ok, time: now, sentence: "up", recordedUntil: now, isInPlay: false,
                armed: true),
            .init(
                trigger: .errorRate, state: .inconclusive, time: now, sentence: "0 attempts", recordedUntil: now,
                isInPlay: false, armed: true),
            .init(
                trigger: .responseTime, state: .inconclusive, time: now, sentence: sentence, recordedUntil: now,
                isInPlay: false, armed: isArmed, baselineSecondsLeft: secondsLeft),
        ]
    }

    @Test("from legacy the gate waits for what the instance lacks, and says what is missing")
    func baseline() throws {
        let missing = try Self.check(.armed) { $0.triggers = Self.legacy(isArmed: false) }
        #expect(missing.outcome == .notYet && missing.figure == "2 of 3")
        #expect(
            missing.reason
                == "The trigger response_time cannot fire yet: no baseline yet: 40 of 5,000 response times; stay in legacy until then, or set BASELINE_HOLDOUT_PERCENT."
        )
        #expect(try Self.check(.armed) { $0.triggers = Self.legacy(isArmed: true) }.outcome == .pass)
    }

    @Test("of several triggers the one that waits longest is named first, in the database where it does")
    func longest() throws {
        let check = try Self.check(.armed) {
            $0.triggers = Self.legacy(isArmed: false, sentence: "20 s more", secondsLeft: 20)
            $0.triggers += Self.legacy(isArmed: false, sentence: "200 s more", secondsLeft: 200)
            $0.triggers[0].armed = false
        }
        #expect(check.figure == "3 of 6")
        #expect(
            check.reason
                == "The trigger response_time cannot fire yet: 200 s more; stay in legacy until then, or set BASELINE_HOLDOUT_PERCENT; nor can redis_down."
        )
    }

    @Test("right after a phase began the triggers have not been judged in it")
    func otherPhase() throws {
        let check = try Self.check(.armed) {
            $0.triggers = Self.legacy(isArmed: true)
            $0.strategy = .hybrid
        }
        #expect(check.figure == "0 of 3")
        #expect(check.reason?.hasSuffix("before the flags went from or to legacy: try again in a minute.") == true)
    }

    @Test("an outage that is over makes the gate wait, and the line says until when")
    func pastOutage() throws {
        let check = try Self.check(.triggers) {
            $0.triggers[0].state = .suspect
            $0.triggers[0].sentence = "Redis is up"
            $0.triggers[0].clearsAt = Self.now + 185_001
        }
        #expect(
            check.reason
                == "The trigger redis_down is still suspect because of outages that are over: Redis is up. If Redis stays up, try again at 08:03:06 UTC."
        )
    }

    @Test("Redis must be judged before the first step too")
    func redis() throws {
        let check = try Self.check(.armed) {
            $0.triggers = Self.legacy(isArmed: true)
            ($0.triggers[0].state, $0.triggers[0].armed) = (.warming, false)
        }
        #expect(check.reason?.contains("redis_down cannot fire yet: it is warming (up)") == true)
    }

    @Test("a hold-out ends with hybrid: the last step needs a baseline", arguments: [false, true])
    func lastStep(hasBaseline: Bool) throws {
        for target in [PromotionPhase.share50, .distributedOnly] {
            let check = try Self.check(.armed) {
                $0.triggers[2].hasHoldout = true
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
        // One that was killed before it recorded anything is not there to be asked for its records.
        let killed = try Self.check(.instances) { $0.sharers?.append(.init(name: "c", isSilent: true)) }
        #expect(killed.outcome == .cannotTell)
        #expect(killed.reason?.hasPrefix("No record of c, which was not seen lately") == true)
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
        let gate = Gate(GateInputs.passing(at: Self.now), now: Self.now).asked(for: .hybrid)
        #expect(gate.checks.map(\.name) == [.instances, .triggers, .armed])
        #expect(gate.verdict == .go)
    }
}
