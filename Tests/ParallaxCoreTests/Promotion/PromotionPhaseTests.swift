import Testing

@testable import ParallaxCore

@Suite struct PromotionPhaseTests {
    private static func hybrid(_ percent: Double) -> FlagValues {
        FlagValues(distributedEnabled: true, hybrid: true, failOpen: false, enforcementPercent: percent)
    }

    private static let legacy = FlagUpdate.rollback.applied(to: .defaultValue)
    private static let distributed = FlagUpdate(hybrid: false).applied(to: .defaultValue)

    @Test("walking from phase to phase goes through every one, and each is where its own update leads")
    func walk() {
        var values = Self.legacy
        var phase = PromotionPhase(values)
        var walked = [phase]
        while let next = phase.next {
            #expect(PromotionStep(from: values, to: next) == .forward)
            values = next.update.applied(to: values)
            phase = PromotionPhase(values)
            #expect(phase == next)
            walked.append(phase)
        }
        #expect(walked == PromotionPhase.allCases)
        #expect(values.strategy == .distributedOnly)
    }

    @Test(
        "a share between two phases is beyond the lower one",
        arguments: [
            (0, .hybrid), (9.99, .hybrid), (10, .share10), (49, .share10), (50, .share50), (99.9, .share50),
            (100, .share100),
        ] as [(Double, PromotionPhase)])
    func shares(_ percent: Double, _ phase: PromotionPhase) {
        #expect(PromotionPhase(Self.hybrid(percent)) == phase)
    }

    @Test(
        "one step at a time goes forward, any number goes back, and a share between two phases can go both ways",
        arguments: [
            (legacy, .legacy, .none), (legacy, .hybrid, .forward), (legacy, .share10, .tooFar(next: .hybrid)),
            (legacy, .distributedOnly, .tooFar(next: .hybrid)),
            (hybrid(0), .hybrid, .none), (hybrid(0), .share10, .forward),
            (hybrid(0), .share50, .tooFar(next: .share10)),
            (hybrid(5), .hybrid, .back), (hybrid(5), .share10, .forward), (hybrid(30), .share10, .back),
            (hybrid(30), .share50, .forward), (hybrid(50), .legacy, .back), (hybrid(50), .hybrid, .back),
            (hybrid(50), .distributedOnly, .tooFar(next: .share100)), (hybrid(100), .distributedOnly, .forward),
            (distributed, .share100, .back), (distributed, .legacy, .back), (distributed, .distributedOnly, .none),
        ] as [(FlagValues, PromotionPhase, PromotionStep)])
    func steps(_ values: FlagValues, _ target: PromotionPhase, _ step: PromotionStep) {
        #expect(PromotionStep(from: values, to: target) == step)
    }

    @Test("going back to legacy empties targeting rules as a rollback does, and a fail-open flag is never touched")
    func updates() {
        #expect(PromotionPhase.legacy.update == .rollback)
        for phase in PromotionPhase.allCases { #expect(phase.update.failOpen == nil) }
    }

    @Test("into hybrid the gate is asked for the instances and the watchdog only, and for later steps everything")
    func gate() {
        let first: [GateCheck.Name] = [.instances, .triggers, .armed]
        let checks = GateCheck.Name.allCases.map { name in
            GateCheck(
                name: name, outcome: first.contains(name) ? .pass : .cannotTell, figure: "", bound: "", reason: "r")
        }
        let gate = Gate(checks: checks)
        #expect(gate.asked(for: .hybrid).checks.map(\.name) == first)
        #expect(gate.asked(for: .hybrid).verdict == .go)
        for phase in [PromotionPhase.share10, .share50, .share100, .distributedOnly] {
            #expect(gate.asked(for: phase).verdict == .wait)
            #expect(gate.asked(for: phase).failing.count == checks.count - first.count)
        }
    }

    @Test("a phase began with the newest change that led into it, and drills and changes within it do not count")
    func began() {
        let changes = [
            FlagChange.sample(6, .legacy, to: .hybrid, by: RollbackDrill.author, content: "d"),
            .sample(5, .hybrid, to: .legacy, by: RollbackDrill.author, content: "x"),
            .sample(4, .hybrid, to: .hybrid, content: "d"),
            .sample(3, .legacy, to: .hybrid, content: "c"),
            .sample(2, .hybrid, to: .legacy, content: "b"),
            .sample(1, nil, to: .hybrid, content: "a"),
        ]
        #expect(PromotionPhase.hybrid.began(in: changes) == Timestamp(milliseconds: 3))
        #expect(PromotionPhase.legacy.began(in: changes) == nil)
        #expect(PromotionPhase.hybrid.began(in: []) == nil)
        #expect(PromotionPhase.hybrid.began(in: [changes[5]]) == Timestamp(milliseconds: 1))
    }
}

extension FlagChange {
    /// A change between strategies.
    static func sample(
        _ time: Int64, _ from: Strategy?, to: Strategy, by: String = "ann", content: String
    ) -> FlagChange {
        FlagChange(
            time: Timestamp(milliseconds: time), by: by, reason: "because", from: from.map(FlagValues.init),
            to: FlagValues(to), contentHash: content)
    }
}

extension FlagValues {
    init(_ strategy: Strategy) {
        self.init(
            distributedEnabled: strategy != .legacy, hybrid: strategy == .hybrid, failOpen: false, enforcementPercent: 0
        )
    }
}
