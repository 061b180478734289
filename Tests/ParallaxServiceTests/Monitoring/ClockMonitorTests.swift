import Logging
import ParallaxCore
import ParallaxTesting
import Testing

@testable import ParallaxService

@Suite struct ClockMonitorTests {
    private static func comparison(ahead: Int64, at time: Timestamp) -> Comparison {
        let observation = Observation(decision: .unavailable(.error), duration: .zero)
        return Comparison(
            identity: try! Identity(identifier: "caller"), cost: 1, time: time, policyFingerprint: 0,
            control: observation, candidate: observation, enforced: .control, result: .agreed,
            evidence: Evidence(clockOffsetMilliseconds: ahead))
    }

    private static func makeWatch(_ clock: VirtualClock) -> ClockMonitor {
        ClockMonitor(clocks: clock.clocks, logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
    }

    @Test("a step of the instance's clock is told with its time and its size, and time that passes is not a step")
    func instanceSteps() {
        let clock = VirtualClock()
        let watch = Self.makeWatch(clock)
        clock.advance(by: .seconds(86_400))
        watch.checkInstanceClock()
        #expect(watch.health == nil)
        clock.step(milliseconds: -7_200_000)
        watch.checkInstanceClock()
        watch.checkInstanceClock()
        #expect(watch.health?.instance.latest == ClockSteps.Step(at: clock.now, milliseconds: -7_200_000))
        #expect(watch.health?.instance.count == 1)
        #expect(watch.health?.redis.latest == nil)
    }

    @Test("a step of Redis's clock is believed when three comparisons in a row have seen it")
    func redisSteps() {
        let clock = VirtualClock()
        let watch = Self.makeWatch(clock)
        for ahead: Int64 in [3, 3, 2_003, 3, 2_003, 2_003] {
            watch.compared(Self.comparison(ahead: ahead, at: clock.now))
        }
        #expect(watch.health == nil)
        watch.compared(Self.comparison(ahead: 2_003, at: clock.now))
        #expect(watch.health?.redis.latest == ClockSteps.Step(at: clock.now, milliseconds: 2_000))
        #expect(watch.health?.instance.latest == nil)
    }

    @Test("a step of the instance's clock is not taken for one of Redis's, which it moves away from")
    func instanceIsNotRedis() {
        let clock = VirtualClock()
        let watch = Self.makeWatch(clock)
        watch.compared(Self.comparison(ahead: 0, at: clock.now))
        clock.step(milliseconds: 5_000)
        for _ in 0..<5 { watch.compared(Self.comparison(ahead: -5_000, at: clock.now)) }
        #expect(watch.health?.instance.latest?.milliseconds == 5_000)
        #expect(watch.health?.redis.latest == nil)
    }

    @Test("a drift of Redis's clock is followed and is not a step, however far it leads")
    func drift() {
        let clock = VirtualClock()
        let watch = Self.makeWatch(clock)
        for second in Int64(0)..<100 {
            watch.compared(Self.comparison(ahead: second * 30, at: clock.now))
            clock.advance(by: .seconds(1))
        }
        #expect(watch.health == nil)
    }
}
