import ParallaxCore
import Testing

@Suite struct RollbackFenceTests {
    private static func time(_ seconds: Int64) -> Timestamp {
        Timestamp(milliseconds: 1_800_000_000_000 + seconds * 1000)
    }

    private static func latch(firedAt seconds: Int64, acknowledgedAt word: Int64? = nil) throws -> RollbackLatch {
        var latch = RollbackLatch()
        latch.fire(
            Evaluation(trigger: .redisDown, time: time(seconds), state: .firing, sentence: "down"))
        if let word { try latch.acknowledge(Acknowledgement(time: time(word), by: "ann", reason: "seen")) }
        return latch
    }

    @Test("an instance that fired nothing takes over the rollback of another, and its acknowledgement")
    func adopts() throws {
        let fired = try Self.latch(firedAt: 10)
        #expect(RollbackLatch().merged(with: fired) == fired)
        #expect(fired.merged(with: RollbackLatch()) == fired)
        let cleared = try Self.latch(firedAt: 10, acknowledgedAt: 20)
        #expect(fired.merged(with: cleared) == cleared)
        #expect(cleared.merged(with: fired) == cleared)
    }

    @Test("of two rollbacks the later holds, and a word on it clears the earlier too")
    func later() throws {
        let (early, late) = (try Self.latch(firedAt: 10), try Self.latch(firedAt: 12))
        #expect(early.merged(with: late) == late)
        #expect(late.merged(with: early) == late)
        let clearedEarly = try Self.latch(firedAt: 10, acknowledgedAt: 20)
        #expect(!late.merged(with: clearedEarly).isLatched)
        #expect(late.merged(with: clearedEarly).firing == late.firing)
    }

    @Test("a word from before a rollback does not clear it")
    func earlierWord() throws {
        let cleared = try Self.latch(firedAt: 10, acknowledgedAt: 20)
        let fresh = try Self.latch(firedAt: 30)
        #expect(fresh.merged(with: cleared).isLatched)
        #expect(cleared.merged(with: fresh).isLatched)
    }

    @Test("merging what is merged already changes nothing, in whatever order")
    func settles() throws {
        let latches = [
            RollbackLatch(), try Self.latch(firedAt: 10), try Self.latch(firedAt: 10, acknowledgedAt: 11),
            try Self.latch(firedAt: 12), try Self.latch(firedAt: 12, acknowledgedAt: 13),
        ]
        for one in latches {
            for other in latches {
                let merged = one.merged(with: other)
                #expect(merged.merged(with: other) == merged)
                #expect(merged.firing == other.merged(with: one).firing)
                #expect(merged.isLatched == other.merged(with: one).isLatched)
            }
        }
    }

    @Test("a claim for a rollback is a lease until the file carries its number, and its latch holds from then on")
    func lease() throws {
        let pending = try Self.latch(firedAt: 10)
        let claim = RollbackFence(
            number: 7, holder: "a", process: "1", time: Self.time(10), latch: RollbackLatch(), pending: pending)
        for written in [nil, 6, 8] as [Int64?] {
            #expect(claim.isLease(written: written))
            #expect(claim.latch(written: written) == RollbackLatch())
        }
        #expect(!claim.isLease(written: 7))
        #expect(claim.latch(written: 7) == pending)
        let change = RollbackFence(number: 8, holder: "b", process: "2", time: Self.time(11), latch: pending)
        #expect(!change.isLease(written: nil) && !change.isLease(written: 8))
    }
}
