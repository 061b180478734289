import Testing

@testable import ParallaxCore

/// Every cause, and the borders between neighbours.
@Suite struct ExplanationTests {
    private static let window = Window(name: "minute", limit: 10, durationMilliseconds: 60_000)
    private static let policy = try! Policy(windows: [window])
    private static let now = Timestamp(milliseconds: 1_000_000)

    /// A decision on the one window: `used` counts the request where it was allowed.
    ///
    /// - Parameter age: Of the oldest unit.
    private static func decision(
        allowed: Bool, used: Int, retryAfter: Int64 = 0, age: Int64 = 30_000
    ) -> Decision {
        let reset = now + (window.durationMilliseconds - age)
        return Decision(
            outcome: allowed ? .allowed : .limited(by: "minute"),
            windows: [WindowState(window: window, used: used, reset: reset)],
            retryAfterMilliseconds: retryAfter, judgedAt: now)
    }

    private static func cause(
        _ kind: DivergenceKind = .newlyLimited, control: Decision = decision(allowed: true, used: 6),
        candidate: Decision = decision(allowed: false, used: 10, retryAfter: 5000), evidence: Evidence,
        tolerances: ComparisonTolerances = ComparisonTolerances()
    ) throws -> DivergenceCause {
        let request = try CheckRequest(identity: Identity(identifier: "a"), policy: policy)
        return Explanation(
            request: request, kind: kind, control: control, candidate: candidate, evidence: evidence,
            tolerances: tolerances
        ).cause
    }

    private static let refused = decision(allowed: false, used: 10, retryAfter: 5000)

    @Test(
        "a refusal that ends within the tolerance is a boundary, one that ends later is not",
        arguments: [(10, .boundary), (11, .otherInstances)] as [(Int64, DivergenceCause)])
    func boundary(_ wait: Int64, _ expected: DivergenceCause) throws {
        let candidate = Self.decision(allowed: false, used: 10, retryAfter: wait)
        let evidence = Evidence(ownUnits: [5], hasSeenOthers: true)
        #expect(try Self.cause(candidate: candidate, evidence: evidence) == expected)
    }

    @Test(
        "a side that found its newest unit ahead of its clock is the clock's matter before any wait is, others' units are not",
        arguments: [
            (250, false, .boundary), (251, false, .clockSkew), (7_200_000, false, .clockSkew),
            (7_200_000, true, .otherInstances),
        ] as [(Int64, Bool, DivergenceCause)])
    func heldByStep(_ step: Int64, _ hasSeenOthers: Bool, _ expected: DivergenceCause) throws {
        let wait: Int64 = hasSeenOthers ? 5_000 : 10
        let candidate = Decision(
            outcome: .limited(by: "minute"), windows: Self.refused.windows, retryAfterMilliseconds: wait,
            judgedAt: Self.now, stepBackMilliseconds: step)
        let evidence = Evidence(ownUnits: [hasSeenOthers ? 5 : 10], hasSeenOthers: hasSeenOthers)
        #expect(try Self.cause(candidate: candidate, evidence: evidence) == expected)
    }

    @Test(
        "a clock that stepped within the longest window explains what nothing before it explains",
        arguments: [(false, .unexplained), (true, .clockSkew)] as [(Bool, DivergenceCause)])
    func steppedLately(_ hasStepped: Bool, _ expected: DivergenceCause) throws {
        var evidence = Evidence(ownUnits: [10])
        evidence.clockHasSteppedLately = hasStepped
        #expect(try Self.cause(evidence: evidence) == expected)
    }

    @Test(
        "units that the sides may have judged in another order are a boundary where they suffice, and nothing else does",
        arguments: [(0, 0, .unexplained), (1, 0, .boundary), (1, 2, .lostWrites)] as [(Int, Int, DivergenceCause)])
    func anotherOrder(_ inReach: Int, _ lost: Int, _ expected: DivergenceCause) throws {
        // With its own unit counted Redis is full, and control was so before.
        let candidate = Self.decision(allowed: true, used: 10)
        let evidence = Evidence(ownUnits: [9], lostUnits: [lost], unitsInReach: [inReach])
        #expect(
            try Self.cause(.newlyAllowed, control: Self.refused, candidate: candidate, evidence: evidence) == expected)
    }

    @Test(
        "what remains may differ by the units within reach and the tolerance",
        arguments: [(2, .unexplained), (3, .boundary)] as [(Int, DivergenceCause)])
    func remainingWithinReach(_ inReach: Int, _ expected: DivergenceCause) throws {
        let (control, candidate) = (Self.decision(allowed: true, used: 6), Self.decision(allowed: true, used: 2))
        let evidence = Evidence(ownUnits: [1], unitsInReach: [inReach])
        #expect(try Self.cause(.quotaDrift, control: control, candidate: candidate, evidence: evidence) == expected)
    }

    @Test(
        "units lost are the cause where the candidate would have refused with them, and not where it would not",
        arguments: [(7, .lostWrites), (6, .unexplained), (0, .unexplained)] as [(Int, DivergenceCause)])
    func lostWrites(_ lost: Int, _ expected: DivergenceCause) throws {
        // With its own unit counted Redis holds four, three before.
        let candidate = Self.decision(allowed: true, used: 4)
        let evidence = Evidence(ownUnits: [10], lostUnits: [lost])
        #expect(
            try Self.cause(.newlyAllowed, control: Self.refused, candidate: candidate, evidence: evidence) == expected)
    }

    @Test("losing units makes no side refuse more")
    func lostWritesNeverLimit() throws {
        let evidence = Evidence(ownUnits: [10], lostUnits: [5])
        #expect(try Self.cause(evidence: evidence) == .unexplained)
    }

    @Test(
        "a refusal is that of others' units if only this instance's would not have caused it",
        arguments: [(5, .otherInstances), (9, .otherInstances), (10, .unexplained)] as [(Int, DivergenceCause)])
    func otherInstances(_ own: Int, _ expected: DivergenceCause) throws {
        #expect(try Self.cause(evidence: Evidence(ownUnits: [own], hasSeenOthers: true)) == expected)
    }

    @Test("if no other instance was ever seen, units that this instance does not know are not others'")
    func nobodyElse() throws {
        #expect(try Self.cause(evidence: Evidence(ownUnits: [5])) == .unexplained)
    }

    @Test(
        "a follow-on is one where control, had it accepted the same before, would have said the same",
        arguments: [(5, .carriedOver), (4, .unexplained)] as [(Int, DivergenceCause)])
    func carriedOver(_ candidateOnly: Int, _ expected: DivergenceCause) throws {
        // Control holds five before its own unit: five more fill the window.
        let evidence = Evidence(ownUnits: [10], controlOnlyUnits: [0], candidateOnlyUnits: [candidateOnly])
        #expect(try Self.cause(evidence: evidence) == expected)
    }

    @Test("units that only control accepted make it refuse where the candidate does not")
    func carriedOverTheOtherWay() throws {
        let evidence = Evidence(ownUnits: [7], controlOnlyUnits: [3], candidateOnlyUnits: [0])
        let candidate = Self.decision(allowed: true, used: 8)
        #expect(
            try Self.cause(.newlyAllowed, control: Self.refused, candidate: candidate, evidence: evidence)
                == .carriedOver)
    }

    @Test(
        "what control accepted before the candidate was asked at all is carried over",
        arguments: [(30_001, .carriedOver), (30_000, .unexplained)] as [(Int64, DivergenceCause)])
    func notAsked(_ age: Int64, _ expected: DivergenceCause) throws {
        let control = Self.decision(allowed: false, used: 10, retryAfter: 5000, age: age)
        let evidence = Evidence(ownUnits: [3], candidateAskedSince: Self.now + -30_000)
        let candidate = Self.decision(allowed: true, used: 4)
        #expect(
            try Self.cause(.newlyAllowed, control: control, candidate: candidate, evidence: evidence) == expected)
    }

    @Test(
        "a control younger than the oldest unit that Redis holds is a restart, one as old as that is not",
        arguments: [(30_001, .restart), (30_000, .unexplained)] as [(Int64, DivergenceCause)])
    func restart(_ age: Int64, _ expected: DivergenceCause) throws {
        let candidate = Self.decision(allowed: false, used: 10, retryAfter: 5000, age: age)
        let evidence = Evidence(ownUnits: [5], controlRemembersSince: Self.now + -30_000)
        #expect(try Self.cause(candidate: candidate, evidence: evidence) == expected)
    }

    @Test("where others were seen, units from before the restart may be theirs, and what weighs is known")
    func restartAmongOthers() throws {
        let candidate = Self.decision(allowed: false, used: 10, retryAfter: 5000, age: 40_000)
        let evidence = Evidence(
            ownUnits: [5], hasSeenOthers: true, controlRemembersSince: Self.now + -30_000)
        #expect(try Self.cause(candidate: candidate, evidence: evidence) == .otherInstances)
    }

    @Test("a restart makes control forget, and so never makes it refuse")
    func restartNeverLimits() throws {
        let evidence = Evidence(ownUnits: [3], controlRemembersSince: Self.now + -1)
        let candidate = Self.decision(allowed: true, used: 4)
        #expect(
            try Self.cause(.newlyAllowed, control: Self.refused, candidate: candidate, evidence: evidence)
                == .unexplained)
    }

    @Test(
        "an identity that control dropped after Redis's oldest unit is an eviction",
        arguments: [(30_001, .eviction), (30_000, .unexplained)] as [(Int64, DivergenceCause)])
    func eviction(_ age: Int64, _ expected: DivergenceCause) throws {
        let candidate = Self.decision(allowed: false, used: 10, retryAfter: 5000, age: age)
        let evidence = Evidence(ownUnits: [10], controlEvictedAt: Self.now + -30_000)
        #expect(try Self.cause(candidate: candidate, evidence: evidence) == expected)
    }

    @Test(
        "clocks further apart than the tolerance, either way, are a skew",
        arguments: [(251, .clockSkew), (-251, .clockSkew), (250, .unexplained)] as [(Int64, DivergenceCause)])
    func clockSkew(_ offset: Int64, _ expected: DivergenceCause) throws {
        let evidence = Evidence(ownUnits: [10], clockOffsetMilliseconds: offset)
        #expect(try Self.cause(evidence: evidence) == expected)
    }

    @Test("a control that keeps no log differs by its algorithm, whatever its counters hold")
    func algorithm() throws {
        let evidence = Evidence(
            ownUnits: [10], controlOnlyUnits: [0], candidateOnlyUnits: [5], controlAlgorithm: .fixedWindow)
        #expect(try Self.cause(evidence: evidence) == .algorithm)
    }

    @Test("sides held to different policies differ by policy")
    func policy() throws {
        #expect(try Self.cause(evidence: Evidence(ownUnits: [10], controlPolicyFingerprint: 1)) == .policy)
        let same = Evidence(ownUnits: [10], controlPolicyFingerprint: Self.policy.fingerprint)
        #expect(try Self.cause(evidence: same) == .unexplained)
    }

    @Test(
        "two refusals by different windows whose waits are near are a boundary",
        arguments: [(510, .boundary), (511, .otherInstances)] as [(Int64, DivergenceCause)])
    func differentWindow(_ wait: Int64, _ expected: DivergenceCause) throws {
        let control = Self.decision(allowed: false, used: 10, retryAfter: 500)
        let candidate = Self.decision(allowed: false, used: 12, retryAfter: wait)
        let evidence = Evidence(ownUnits: [10], ownOutcome: control.outcome, hasSeenOthers: true)
        #expect(
            try Self.cause(.differentWindow, control: control, candidate: candidate, evidence: evidence) == expected)
    }

    @Test(
        "remaining that differs by what others sent, or what only one side accepted, drifts because of that",
        arguments: [
            (2, 0, true, .otherInstances), (6, 4, false, .carriedOver), (2, 0, false, .unexplained),
            (3, 1, true, .otherInstances),
        ] as [(Int, Int, Bool, DivergenceCause)])
    func quotaDrift(_ own: Int, _ candidateOnly: Int, _ others: Bool, _ expected: DivergenceCause) throws {
        // Control holds two before this request, the candidate six.
        let evidence = Evidence(
            ownUnits: [own], controlOnlyUnits: [0], candidateOnlyUnits: [candidateOnly], hasSeenOthers: others)
        #expect(
            try Self.cause(
                .quotaDrift, control: Self.decision(allowed: true, used: 3),
                candidate: Self.decision(allowed: true, used: 7), evidence: evidence) == expected)
    }

    @Test(
        "if neither others nor an earlier difference suffices by itself, the larger is the cause, the first of equals",
        arguments: [(4, 3, .carriedOver), (3, 3, .otherInstances)] as [(Int, Int, DivergenceCause)])
    func severalAtOnce(_ parted: Int, _ foreign: Int, _ expected: DivergenceCause) throws {
        let evidence = Evidence(
            ownUnits: [9 - foreign], controlOnlyUnits: [0], candidateOnlyUnits: [parted], hasSeenOthers: true)
        #expect(
            try Self.cause(
                .quotaDrift, control: Self.decision(allowed: true, used: 2),
                candidate: Self.decision(allowed: true, used: 10), evidence: evidence) == expected)
    }
}
