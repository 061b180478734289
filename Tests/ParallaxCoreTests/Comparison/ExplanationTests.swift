import Testing

@testable import ParallaxCore

/// Every cause, and the borders between neighbours.
@Suite struct ExplanationTests {
    private static let window = Window(name: "minute", limit: 10, durationMilliseconds: 60_000)
    private static let second = Window(name: "second", limit: 5, durationMilliseconds: 1_000)
    private static let policy = try! Policy(windows: [window])
    private static let now = Timestamp(milliseconds: 1_000_000)

    /// A decision on the one window: `used` counts the request where it was allowed.
    private static func decision(allowed: Bool, used: Int, retryAfter: Int64 = 0) -> Decision {
        Decision(
            outcome: allowed ? .allowed : .limited(by: "minute"),
            windows: [WindowState(window: window, used: used, reset: now)],
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

    @Test(
        "a refusal that ends within the tolerance is a boundary, one that ends later is not",
        arguments: [(10, .boundary), (11, .otherInstances)] as [(Int64, DivergenceCause)])
    func boundary(_ wait: Int64, _ expected: DivergenceCause) throws {
        let candidate = Self.decision(allowed: false, used: 10, retryAfter: wait)
        #expect(try Self.cause(candidate: candidate, evidence: Evidence(ownUnits: [5])) == expected)
    }

    @Test("units that Redis accepted from this instance and no longer holds are lost writes")
    func lostWrites() throws {
        let control = Self.decision(allowed: false, used: 10, retryAfter: 5000)
        let candidate = Self.decision(allowed: true, used: 4)
        #expect(
            try Self.cause(.newlyAllowed, control: control, candidate: candidate, evidence: Evidence(ownUnits: [10]))
                == .lostWrites)
        // With its own unit counted Redis holds four, three before: three of ours are all there.
        #expect(
            try Self.cause(.newlyAllowed, control: control, candidate: candidate, evidence: Evidence(ownUnits: [3]))
                == .carriedOver)
    }

    @Test("a refusal that the units of others bring about is theirs")
    func otherInstances() throws {
        #expect(try Self.cause(evidence: Evidence(ownUnits: [5])) == .otherInstances)
        #expect(try Self.cause(evidence: Evidence(ownUnits: [9])) == .otherInstances)
    }

    @Test("where this instance's own units alone would be refused, others are not the cause")
    func carriedOver() throws {
        let control = Self.decision(allowed: true, used: 8)
        #expect(try Self.cause(control: control, evidence: Evidence(ownUnits: [10])) == .carriedOver)
    }

    @Test("a control younger than the window is a restart, one as old as the window is not")
    func restart() throws {
        var evidence = Evidence(ownUnits: [10], controlRemembersSince: Self.now + -59_999)
        let control = Self.decision(allowed: true, used: 11)
        #expect(try Self.cause(control: control, evidence: evidence) == .restart)
        evidence.controlRemembersSince = Self.now + -60_000
        #expect(try Self.cause(control: control, evidence: evidence) == .unexplained)
    }

    @Test("an identity that control dropped within the window is an eviction")
    func eviction() throws {
        let control = Self.decision(allowed: true, used: 11)
        let evidence = Evidence(ownUnits: [10], controlEvictedAt: Self.now + -1)
        #expect(try Self.cause(control: control, evidence: evidence) == .eviction)
    }

    @Test(
        "clocks further apart than the tolerance, either way, are a skew",
        arguments: [(251, .clockSkew), (-251, .clockSkew), (250, .unexplained)] as [(Int64, DivergenceCause)])
    func clockSkew(_ offset: Int64, _ expected: DivergenceCause) throws {
        let control = Self.decision(allowed: true, used: 11)
        let evidence = Evidence(ownUnits: [10], clockOffsetMilliseconds: offset)
        #expect(try Self.cause(control: control, evidence: evidence) == expected)
    }

    @Test("a control that keeps no log differs by its algorithm, whatever its counters hold")
    func algorithm() throws {
        let control = Self.decision(allowed: true, used: 3)
        let evidence = Evidence(ownUnits: [10], controlAlgorithm: .fixedWindow)
        #expect(try Self.cause(control: control, evidence: evidence) == .algorithm)
    }

    @Test("sides held to different policies differ by policy")
    func policy() throws {
        let control = Self.decision(allowed: true, used: 11)
        let evidence = Evidence(ownUnits: [10], controlPolicyFingerprint: 1)
        #expect(try Self.cause(control: control, evidence: evidence) == .policy)
        let same = Evidence(ownUnits: [10], controlPolicyFingerprint: Self.policy.fingerprint)
        #expect(try Self.cause(control: control, evidence: same) == .unexplained)
    }

    @Test("two refusals by different windows whose waits are near are a boundary")
    func differentWindow() throws {
        let control = Self.decision(allowed: false, used: 10, retryAfter: 500)
        let near = Self.decision(allowed: false, used: 10, retryAfter: 509)
        let far = Self.decision(allowed: false, used: 12, retryAfter: 5000)
        #expect(
            try Self.cause(.differentWindow, control: control, candidate: near, evidence: Evidence(ownUnits: [10]))
                == .boundary)
        #expect(
            try Self.cause(.differentWindow, control: control, candidate: far, evidence: Evidence(ownUnits: [10]))
                == .otherInstances)
    }

    @Test("remaining that differs by what others sent drifts because of them")
    func quotaDrift() throws {
        let control = Self.decision(allowed: true, used: 3)
        let candidate = Self.decision(allowed: true, used: 7)
        #expect(
            try Self.cause(.quotaDrift, control: control, candidate: candidate, evidence: Evidence(ownUnits: [2]))
                == .otherInstances)
    }
}
