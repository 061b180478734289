import ParallaxCore
import Testing

@Suite struct CandidateLedgerTests {
    private static let policy = try! Policy(windows: [Window(name: "w", limit: 100, durationMilliseconds: 1000)])

    private static func enter(_ ledger: CandidateLedger, at milliseconds: Int64, isAllowed: Bool = true) -> OwnUnits {
        let request = try! CheckRequest(identity: Identity(identifier: "a"), policy: policy)
        let decision = Decision(
            outcome: isAllowed ? .allowed : .limited(by: "w"), windows: [], retryAfterMilliseconds: 0,
            judgedAt: Timestamp(milliseconds: milliseconds))
        return ledger.enter(decision, on: request, slackMilliseconds: 10)
    }

    @Test("counts what was accepted before, and not the decision's own units")
    func before() {
        let ledger = CandidateLedger()
        #expect(Self.enter(ledger, at: 5000) == OwnUnits(held: [0], certain: [0]))
        #expect(Self.enter(ledger, at: 5001) == OwnUnits(held: [1], certain: [1]))
        #expect(Self.enter(ledger, at: 5002, isAllowed: false) == OwnUnits(held: [2], certain: [2]))
        #expect(Self.enter(ledger, at: 5003) == OwnUnits(held: [2], certain: [2]))
    }

    @Test("an answer that comes back late is not held against what Redis accepted after it")
    func lateAnswer() {
        let ledger = CandidateLedger()
        _ = Self.enter(ledger, at: 5000)
        _ = Self.enter(ledger, at: 5010)
        #expect(Self.enter(ledger, at: 5005).held == [1])
    }

    @Test("units of the same millisecond, or just about to leave the window, are not certain")
    func uncertain() {
        let ledger = CandidateLedger()
        _ = Self.enter(ledger, at: 5000)
        _ = Self.enter(ledger, at: 5500)
        #expect(Self.enter(ledger, at: 5500, isAllowed: false) == OwnUnits(held: [2], certain: [1]))
        #expect(Self.enter(ledger, at: 5990, isAllowed: false) == OwnUnits(held: [2], certain: [1]))
        #expect(Self.enter(ledger, at: 6000, isAllowed: false) == OwnUnits(held: [1], certain: [1]))
    }

    @Test("an outage enters nothing")
    func outage() throws {
        let ledger = CandidateLedger()
        let request = try CheckRequest(identity: Identity(identifier: "a"), policy: Self.policy)
        #expect(ledger.enter(.unavailable(.timedOut), on: request, slackMilliseconds: 10) == OwnUnits())
        #expect(ledger.occupancy.identities == 0)
    }
}
