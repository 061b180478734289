import ParallaxCore
import Testing

@testable import ParallaxService

@Suite struct RollbackObserverTests {
    @Test("what is fetched is what was counted, once")
    func fetching() {
        let observer = RollbackObserver()
        for outcome in [Decision.Outcome.allowed, .limited(by: "minute"), .unavailable(.error)] {
            let decision = Decision(outcome: outcome, windows: [], retryAfterMilliseconds: 0, judgedAt: nil)
            observer.attempted(Observation(decision: decision, duration: .zero))
        }
        observer.attempted(Observation(decision: .unavailable(.disconnected), duration: .zero))
        observer.attempted(Observation(decision: .unavailable(.skipped), duration: .zero))
        observer.recordResponseTime(.milliseconds(3), strategy: .legacy)
        observer.recordResponseTime(.milliseconds(5), strategy: .hybrid)
        observer.recordResponseTime(.milliseconds(5), strategy: .distributedOnly)
        let counts = observer.fetch()
        #expect(counts.attempts == AttemptTally(decided: 2, errors: 1, outages: 1))
        #expect(counts.controlOnly.count == 1)
        #expect(counts.candidateInPlay.count == 2)
        #expect(observer.fetch() == RollbackObserver.Counts())
    }

    @Test("an answer counts nowhere: the door tells the whole wait")
    func answers() throws {
        let observer = RollbackObserver()
        let decision = Decision(outcome: .allowed, windows: [], retryAfterMilliseconds: 0, judgedAt: nil)
        observer.answered(
            Answer(
                identity: try Identity(identifier: "a"), time: Timestamp(milliseconds: 0), strategy: .hybrid,
                enforced: .control, isStandIn: false, decision: decision, duration: .seconds(1)))
        #expect(observer.fetch() == RollbackObserver.Counts())
    }

    @Test("callers on many threads lose no count")
    func threads() async {
        let observer = RollbackObserver()
        let fetched = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<500 { observer.recordResponseTime(.milliseconds(1), strategy: .hybrid) }
                    return observer.fetch().candidateInPlay.count
                }
            }
            return await group.reduce(0, +)
        }
        #expect(fetched + observer.fetch().candidateInPlay.count == 4_000)
    }
}
