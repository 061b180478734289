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
        #expect(counts.service.legacy.count == 1)
        #expect(counts.service.inPlay.times.count == 2)
        #expect(observer.fetch() == RollbackObserver.Counts())
    }

    @Test("who was held out, who waited for the candidate and who did not are told apart")
    func groups() {
        let observer = RollbackObserver()
        observer.recordResponseTime(.milliseconds(2), strategy: .hybrid, isHeldOut: true)
        observer.recordResponseTime(.milliseconds(3), strategy: .hybrid)
        observer.recordResponseTime(.milliseconds(9), strategy: .hybrid, candidateWait: .milliseconds(4))
        observer.recordResponseTime(.milliseconds(9), strategy: .distributedOnly, candidateWait: .milliseconds(8))
        let service = observer.fetch().service
        #expect(service.heldOut.count == 1 && service.legacy.count == 0)
        #expect(service.inPlay.times.count == 3 && service.inPlay.waits.count == 2)
        var withoutWaits = LatencyHistogram()
        for milliseconds in [1, 3, 5] { withoutWaits.record(.milliseconds(milliseconds)) }
        #expect(service.inPlay.withoutWaits == withoutWaits)
    }

    @Test("what applications report is kept apart, without knowing who waited for what")
    func applications() {
        let observer = RollbackObserver()
        observer.recordApplicationTime(.milliseconds(2), strategy: .legacy, isHeldOut: true)
        observer.recordApplicationTime(.milliseconds(2), strategy: .hybrid, isHeldOut: true)
        observer.recordApplicationTime(.milliseconds(2), strategy: .hybrid, isHeldOut: false)
        observer.recordApplicationTime(.milliseconds(2), strategy: .distributedOnly, isHeldOut: true)
        let counts = observer.fetch()
        #expect(counts.application.legacy.count == 1 && counts.application.heldOut.count == 1)
        #expect(counts.application.inPlay.times.count == 2 && !counts.application.inPlay.hasWaits)
        #expect(counts.service == ResponseTimes())
    }

    @Test("an answer counts nowhere: the service tells the whole wait")
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
                    return observer.fetch().service.inPlay.times.count
                }
            }
            return await group.reduce(0, +)
        }
        #expect(fetched + observer.fetch().service.inPlay.times.count == 4_000)
    }
}
