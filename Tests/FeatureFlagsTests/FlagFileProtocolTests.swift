@testable import FeatureFlags
import ParallaxCore
import Testing

@Suite struct FlagFileProtocolTests {
    private static let writer = FlagFileWriter(
        path: "flags.json", instance: "a", process: "p", lease: .seconds(30))

    private static func latch(at milliseconds: Int64 = 1) -> RollbackLatch {
        var latch = RollbackLatch()
        latch.fire(
            Evaluation(
                trigger: .redisDown, time: Timestamp(milliseconds: milliseconds), state: .firing, numbers: [:],
                sentence: "down"))
        return latch
    }

    private static func knowledge(
        _ fence: RollbackFence? = nil, seenAt: Duration = .zero, uptime: Duration = .zero
    ) -> FlagFileProtocol.Knowledge {
        var claims = KnownClaims()
        if let fence { claims.see(fence, at: seenAt) }
        return FlagFileProtocol.Knowledge(
            flags: FlagState(environment: .none, isProduction: false), claims: claims,
            now: Timestamp(milliseconds: 1000), uptime: uptime)
    }

    private static func lease(_ number: Int64, by process: String) -> RollbackFence {
        RollbackFence(
            number: number, holder: process, process: process, time: Timestamp(milliseconds: 0),
            latch: RollbackLatch(), pending: latch())
    }

    private static func rollback(decidedAt number: Int64) -> FlagFileProtocol {
        FlagFileProtocol(
            WriteRequest(
                kind: .rollback(RollbackClaim(number: number, latch: latch())), by: RollbackEvaluator.author,
                reason: "down"), by: writer)
    }

    private static let file = FlagDefinitionFile.canonical(.defaultValue)

    @Test("a rollback reads, claims, writes, and claims once more for the latch")
    func order() {
        var change = Self.rollback(decidedAt: 0)
        #expect(change.start() == .read)
        guard case .claim(let fence) = change.didRead(.success(Self.file), Self.knowledge()) else {
            Issue.record("no claim")
            return
        }
        #expect(fence.number == 1 && fence.pending == Self.latch() && fence.latch == RollbackLatch())
        guard case .write(let edit) = change.didClaim(.claimed, Self.knowledge(fence)) else {
            Issue.record("no write")
            return
        }
        #expect(edit.number == 1 && edit.definition.values.strategy == .legacy)
        #expect(edit.expectation == .content(Self.file.bytes))
        #expect(change.mayRename(Self.knowledge(fence)))
        let made = FlagChange(
            time: Timestamp(milliseconds: 1), by: "a", reason: "b", from: nil, to: .defaultValue, contentHash: "")
        #expect(change.didWrite(made) == .readClaims)
        guard case .claim(let last) = change.didReadClaims(Self.knowledge(fence)) else {
            Issue.record("no claim")
            return
        }
        #expect(last.number == 2 && last.pending == nil && last.latch == Self.latch())
        #expect(change.didClaim(.claimed, Self.knowledge(last)) == .finish(made))
        #expect(change.state == .ended)
    }

    @Test("behind another's lease a rollback waits half a second and is then held, with the number of its decision")
    func waits() {
        var change = Self.rollback(decidedAt: 1)
        var action = change.start()
        let known = Self.knowledge(Self.lease(1, by: "other"))
        var waits = 0
        while true {
            switch action {
            case .read: action = change.didRead(.success(Self.file), known)
            case .wait:
                waits += 1
                action = change.didWait()
            case .hold(let held, let error):
                #expect(waits == FlagFileProtocol.maximumWaits && error.code == .leased)
                #expect(held.claim?.number == 1)
                return
            default:
                Issue.record("\(action)")
                return
            }
        }
    }

    @Test(
        "a lease that has run out is taken over, but not by a decision from before the change that came before it",
        arguments: [(Int64(4), true), (3, true), (2, false)])
    func takeover(decidedAt number: Int64, isTakenOver: Bool) {
        var change = Self.rollback(decidedAt: number)
        _ = change.start()
        let known = Self.knowledge(Self.lease(4, by: "dead"), uptime: .seconds(30))
        switch change.didRead(.success(Self.file), known) {
        case .claim(let fence): #expect(isTakenOver && fence.number == 5)
        case .superseded: #expect(!isTakenOver)
        case let action: Issue.record("\(action)")
        }
    }

    @Test("a rollback that it began before goes on under its number, without another claim")
    func goesOn() {
        var change = Self.rollback(decidedAt: 0)
        _ = change.start()
        guard case .write(let edit) = change.didRead(.success(Self.file), Self.knowledge(Self.lease(7, by: "p"))) else {
            Issue.record("no write")
            return
        }
        #expect(edit.number == 7)
    }

    @Test("a person's change goes on if claims cannot be kept, and ends after twenty changes by others")
    func person() {
        var change = FlagFileProtocol(
            WriteRequest(kind: .update(FlagUpdate(hybrid: false), over: nil), by: "ann", reason: "why"), by: Self.writer
        )
        #expect(change.start() == .read)
        var writes = 0
        while case .claim = change.didRead(.success(Self.file), Self.knowledge()) {
            guard case .write = change.didClaim(.unavailable, Self.knowledge()) else { break }
            writes += 1
            let action = change.didFail(FlagFileError(.changedMeanwhile, "changed"), Self.knowledge())
            guard action == .read else {
                #expect(action == .fail(FlagFileError(.changedMeanwhile, "changed")))
                break
            }
        }
        #expect(writes == FlagFileProtocol.maximumAttempts)
    }

    @Test(
        "whatever evaluators, people and crashes do, no latch is lost, no flip goes over a newer change, and numbers grow",
        arguments: [true, false])
    func interleavings(hasLock: Bool) throws {
        var counts = FlagFileModel.Counts()
        for seed in 1...400 as ClosedRange<UInt64> {
            var model = FlagFileModel(seed: seed, hasLock: hasLock)
            try model.run(steps: 250)
            counts.add(model.counts)
        }
        // Under the lock no two writers are after one number.
        if hasLock { counts.taken += 1 }
        #expect(counts.isComplete, "\(counts)")
    }
}

extension FlagFileModel.Counts {
    mutating func add(_ other: Self) {
        flips += other.flips
        updates += other.updates
        acknowledgements += other.acknowledgements
        superseded += other.superseded
        held += other.held
        waits += other.waits
        taken += other.taken
        takeovers += other.takeovers
        crashes += other.crashes
    }

    /// Whether everything happened that the protocol has a rule for.
    var isComplete: Bool {
        [flips, updates, acknowledgements, superseded, held, waits, taken, takeovers, crashes].allSatisfy { $0 > 0 }
    }
}
