import NIOCore
import Testing

@testable import RedisLimiting

@Suite struct CircuitBreakerTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)
    private let settings = BreakerSettings(failuresToOpen: 3, probesToClose: 3, probeInterval: .seconds(1))

    @Test("it opens with the last of a run of failures and not before")
    func opens() {
        var breaker = CircuitBreaker(settings: settings)
        #expect(breaker.failed(now: start) == .none)
        #expect(breaker.failed(now: start) == .none)
        #expect(breaker.admits)
        #expect(breaker.failed(now: start) == .startProbing)
        #expect(!breaker.admits)
        #expect(breaker.state == .open)
        #expect(breaker.nextProbe == start + .seconds(1))
    }

    @Test("a success in between restarts the count")
    func successResets() {
        var breaker = CircuitBreaker(settings: settings)
        for _ in 0..<10 {
            _ = breaker.failed(now: start)
            _ = breaker.failed(now: start)
            breaker.succeeded()
        }
        #expect(breaker.admits)
    }

    @Test("it closes after three good probes in a row and admits no request before")
    func closes() {
        var breaker = makeOpen()
        #expect(breaker.probed(succeeded: true, now: start + .seconds(1)) == .none)
        #expect(breaker.state == .halfOpen)
        #expect(!breaker.admits)
        #expect(breaker.nextProbe == start + .seconds(2))
        #expect(breaker.probed(succeeded: true, now: start + .seconds(2)) == .none)
        #expect(breaker.probed(succeeded: true, now: start + .seconds(3)) == .closed)
        #expect(breaker.state == .closed)
        #expect(breaker.nextProbe == nil)
    }

    @Test("a bad probe among good ones restarts the count")
    func badProbe() {
        var breaker = makeOpen()
        for _ in 0..<20 {
            _ = breaker.probed(succeeded: true, now: start)
            _ = breaker.probed(succeeded: true, now: start)
            _ = breaker.probed(succeeded: false, now: start)
        }
        #expect(breaker.state == .open)
    }

    @Test("late answers to requests from before it opened change nothing")
    func lateAnswers() {
        var breaker = makeOpen()
        breaker.succeeded()
        #expect(breaker.failed(now: start + .seconds(5)) == .none)
        #expect(breaker.nextProbe == start + .seconds(1))
        #expect(breaker.state == .open)
    }

    @Test("it can open again after it has closed")
    func reopens() {
        var breaker = makeOpen()
        for _ in 0..<3 { _ = breaker.probed(succeeded: true, now: start) }
        _ = breaker.failed(now: start)
        _ = breaker.failed(now: start)
        #expect(breaker.failed(now: start) == .startProbing)
    }

    @Test(
        "what says nothing about Redis opens nothing", arguments: [RedisError.Code.skipped, .cancelled, .circuitOpen])
    func ignores(_ code: RedisError.Code) {
        let driver = BreakerDriver(settings: settings)
        for _ in 0..<10 { driver.failed(RedisError(code, "")) }
        #expect(driver.admits)
    }

    private func makeOpen() -> CircuitBreaker {
        var breaker = CircuitBreaker(settings: settings)
        for _ in 0..<3 { _ = breaker.failed(now: start) }
        return breaker
    }
}
