import ParallaxCore
import Testing

@Suite struct InstanceLedgerTests {
    private static let policy = try! Policy(windows: [Window(name: "w", limit: 100, durationMilliseconds: 1000)])
    private static let request = try! CheckRequest(identity: Identity(identifier: "a"), policy: policy)

    private static func decision(_ milliseconds: Int64, isAllowed: Bool) -> Decision {
        Decision(
            outcome: isAllowed ? .allowed : .limited(by: "w"), windows: [], retryAfterMilliseconds: 0,
            judgedAt: Timestamp(milliseconds: milliseconds))
    }

    /// Enters a request that both sides judged at one time of one clock.
    private static func enter(
        _ ledger: InstanceLedger, at milliseconds: Int64, control: Bool? = nil, isAllowed: Bool = true
    ) -> InstanceUnits {
        ledger.enter(
            request, at: Timestamp(milliseconds: milliseconds),
            control: decision(milliseconds, isAllowed: control ?? isAllowed),
            candidate: decision(milliseconds, isAllowed: isAllowed), tolerances: ComparisonTolerances(),
            explaining: .newlyLimited)
    }

    private static func enterOutage(
        _ ledger: InstanceLedger, at milliseconds: Int64, _ reason: Unavailability, control: Bool = true
    ) -> InstanceUnits {
        ledger.enter(
            request, at: Timestamp(milliseconds: milliseconds), control: decision(milliseconds, isAllowed: control),
            candidate: .unavailable(reason), tolerances: ComparisonTolerances(), explaining: nil)
    }

    @Test("counts what was accepted before, and not the decision's own units")
    func before() {
        let ledger = InstanceLedger()
        let entered = [(5000, true), (5001, true), (5002, false), (5003, true)].map { time, isAllowed in
            Self.enter(ledger, at: time, isAllowed: isAllowed)
        }
        #expect(entered.map(\.held) == [[0], [1], [2], [2]])
        #expect(entered.allSatisfy { $0.lost == [0] })
        #expect(entered.allSatisfy { $0.controlOnly == [0] && $0.candidateOnly == [0] })
    }

    @Test("an answer that comes back late is not held against what Redis accepted after it")
    func lateAnswer() {
        let ledger = InstanceLedger()
        _ = Self.enter(ledger, at: 5000)
        _ = Self.enter(ledger, at: 5010)
        #expect(Self.enter(ledger, at: 5005).held == [1])
    }

    @Test("a clock that stepped back by more than the tolerance judges at its newest unit")
    func clockStepsBack() {
        let ledger = InstanceLedger()
        _ = Self.enter(ledger, at: 5000)
        _ = Self.enter(ledger, at: 5300)
        #expect(Self.enter(ledger, at: 5050, isAllowed: false).held == [1])
        #expect(Self.enter(ledger, at: 5049, isAllowed: false).held == [2])
    }

    /// A decision of Redis that counts so many units in the window before its own, the oldest of them of a time.
    private static func decision(at milliseconds: Int64, holding used: Int, oldest: Int64) -> Decision {
        let window = policy.windows[0]
        let reset = Timestamp(milliseconds: (used == 0 ? milliseconds : oldest) + window.durationMilliseconds)
        return Decision(
            outcome: .limited(by: "w"), windows: [WindowState(window: window, used: used, reset: reset)],
            retryAfterMilliseconds: 1, judgedAt: Timestamp(milliseconds: milliseconds))
    }

    /// Enters what Redis says it holds, where control refuses as well.
    private static func enter(
        _ ledger: InstanceLedger, at milliseconds: Int64, holding used: Int, oldest: Int64, knownSince: Int64 = 0
    ) -> InstanceUnits {
        ledger.enter(
            request, at: Timestamp(milliseconds: milliseconds), control: decision(milliseconds, isAllowed: false),
            candidate: decision(at: milliseconds, holding: used, oldest: oldest), tolerances: ComparisonTolerances(),
            knownSince: Timestamp(milliseconds: knownSince), explaining: .newlyLimited)
    }

    @Test(
        "after a restart, units of one millisecond in any order are not another instance's; more units are",
        arguments: [(3, false), (4, true)])
    func othersAfterRestart(_ used: Int, _ expected: Bool) {
        let ledger = InstanceLedger()
        _ = Self.enter(ledger, at: 5000)
        #expect(!Self.enter(ledger, at: 5000, holding: 2, oldest: 4500, knownSince: 4900).hasSeenOthers)
        let later = Self.enter(ledger, at: 5010, holding: used, oldest: 4500, knownSince: 4900)
        #expect(later.hasSeenOthers == expected)
    }

    @Test(
        "units whose answers came in another order are not another instance's; more units are",
        arguments: [(1, false), (2, false), (3, true)])
    func othersAndOrder(_ used: Int, _ expected: Bool) {
        let ledger = InstanceLedger()
        _ = Self.enter(ledger, at: 5105)
        _ = Self.enter(ledger, at: 5100)
        #expect(Self.enter(ledger, at: 5103, holding: used, oldest: 5100).hasSeenOthers == expected)
    }

    @Test("units under way are not another instance's", arguments: [(1, false), (2, true)])
    func othersAndPending(_ used: Int, _ expected: Bool) {
        let ledger = InstanceLedger()
        for time in [5000, 5001] as [Int64] { ledger.begin(Self.request, at: Timestamp(milliseconds: time)) }
        #expect(Self.enter(ledger, at: 5001, holding: used, oldest: 5000).hasSeenOthers == expected)
    }

    @Test("what Redis lost does not become another instance's when it would have left the window")
    func othersAfterLoss() {
        let ledger = InstanceLedger()
        _ = Self.enter(ledger, at: 5000)
        _ = Self.enter(ledger, at: 5500)
        #expect(!Self.enter(ledger, at: 5600, holding: 0, oldest: 0).hasSeenOthers)
        #expect(!Self.enter(ledger, at: 6550, holding: 0, oldest: 0).hasSeenOthers)
    }

    @Test("a unit whose answer came late is not lost when it leaves the window at its own time")
    func lateAnswerLeaves() {
        let ledger = InstanceLedger()
        _ = Self.enter(ledger, at: 5030)
        _ = Self.enter(ledger, at: 5000)
        #expect(Self.enter(ledger, at: 6005, holding: 1, oldest: 5030).lost == [0])
    }

    @Test(
        "units that Redis must hold and does not are lost: those of the same millisecond, or just about to leave, need not be",
        arguments: [
            (5501, 0, 0, 2), (5501, 1, 5500, 1), (5501, 2, 5000, 0), (5500, 1, 5000, 0), (5990, 0, 0, 1),
            (5989, 0, 0, 2),
            (5501, 2, 5001, 1), (5501, 9, 5500, 1), (5501, 9, 4999, 0),
        ] as [(Int64, Int, Int64, Int)])
    func lost(_ time: Int64, _ used: Int, _ oldest: Int64, _ expected: Int) {
        let ledger = InstanceLedger()
        _ = Self.enter(ledger, at: 5000)
        _ = Self.enter(ledger, at: 5500)
        let own = ledger.enter(
            Self.request, at: Timestamp(milliseconds: time), control: Self.decision(time, isAllowed: false),
            candidate: Self.decision(at: time, holding: used, oldest: oldest), tolerances: ComparisonTolerances(),
            explaining: .newlyAllowed)
        #expect(own.lost == [expected])
        #expect(own.held == [2])
    }

    @Test("units that only one side accepted are told from each other, until they leave the window")
    func parted() {
        let ledger = InstanceLedger()
        _ = Self.enter(ledger, at: 5000, control: true, isAllowed: false)
        _ = Self.enter(ledger, at: 5001, control: false, isAllowed: true)
        let own = Self.enter(ledger, at: 5002)
        #expect(own.controlOnly == [1])
        #expect(own.candidateOnly == [1])
        #expect(own.held == [1])
        #expect(Self.enter(ledger, at: 6000).controlOnly == [0])
        #expect(Self.enter(ledger, at: 6000).candidateOnly == [1])
    }

    @Test(
        "what Redis may have accepted without an answer counts as held and is not certain",
        arguments: [(.timedOut, 1), (.disconnected, 1), (.circuitOpen, 0), (.skipped, 0)] as [(Unavailability, Int)])
    func unheard(_ reason: Unavailability, _ held: Int) {
        let ledger = InstanceLedger()
        #expect(Self.enterOutage(ledger, at: 5000, reason) == InstanceUnits())
        let own = Self.enter(ledger, at: 5100)
        #expect(own.held == [held])
        #expect(own.controlOnly == [1])
    }

    @Test("the outcome on only this instance's units is given if it is asked for")
    func ownOutcome() throws {
        let ledger = InstanceLedger()
        let policy = try Policy(windows: [Window(name: "w", limit: 1, durationMilliseconds: 1000)])
        let request = try CheckRequest(identity: Identity(identifier: "a"), policy: policy)
        for expected in [Decision.Outcome.allowed, .limited(by: "w")] {
            let own = ledger.enter(
                request, at: Timestamp(milliseconds: 5000), control: Self.decision(5000, isAllowed: true),
                candidate: Self.decision(5000, isAllowed: true), tolerances: ComparisonTolerances(),
                explaining: .differentWindow)
            #expect(own.outcome == expected)
        }
    }

    @Test("if there is nothing to explain, nothing is counted, and what was accepted is entered all the same")
    func nothingToExplain() {
        let ledger = InstanceLedger()
        let own = ledger.enter(
            Self.request, at: Timestamp(milliseconds: 5000), control: Self.decision(5000, isAllowed: true),
            candidate: Self.decision(5000, isAllowed: true), tolerances: ComparisonTolerances(), explaining: nil)
        #expect(own == InstanceUnits())
        #expect(Self.enter(ledger, at: 5001).held == [1])
    }

    @Test("one late answer widens what is within reach, until the longest window has passed")
    func reachShrinks() {
        let ledger = InstanceLedger()
        func reach(at time: Int64, delay: Int64) -> [Int] {
            ledger.enter(
                Self.request, at: Timestamp(milliseconds: time), control: Self.decision(time, isAllowed: true),
                candidate: Self.decision(time + delay, isAllowed: true), tolerances: ComparisonTolerances(),
                explaining: .newlyAllowed
            ).inReach
        }
        // Of units 50 ms apart none is within reach of the next.
        #expect(reach(at: 5000, delay: 0) == [0])
        #expect(reach(at: 5050, delay: 0) == [0])
        // Answers that were seen to be 60 ms apart may have been given in another order.
        #expect(reach(at: 5100, delay: 60) == [0])
        #expect(reach(at: 5210, delay: 0) == [1])
        // A second after the first of them nothing is known of it any more: units that left 20 ms ago are out of reach.
        #expect(reach(at: 6030, delay: 0) == [0])
    }
}
