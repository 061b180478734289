import Testing

@testable import ParallaxCore

@Suite struct AlertConditionTests {
    @Test("an alert begins after the delay with the time at which its condition began, and ends after the other delay")
    func delays() {
        var condition = AlertCondition(afterSeconds: 3, clearSeconds: 5)
        #expect((1...3).map { condition.update(true, at: .second($0)) } == [nil, nil, nil])
        #expect(condition.update(true, at: .second(4)) == ClockReading.second(1).wall)
        #expect((5...8).allSatisfy { condition.update(false, at: .second($0)) == ClockReading.second(1).wall })
        #expect(condition.update(true, at: .second(8)) == ClockReading.second(1).wall)
        #expect((9...12).allSatisfy { condition.update(false, at: .second($0)) == ClockReading.second(1).wall })
        #expect(condition.update(false, at: .second(13)) == nil)
        #expect(condition.update(true, at: .second(14)) == nil)
    }

    @Test("without delays it begins and ends at once")
    func atOnce() {
        var condition = AlertCondition()
        #expect(condition.update(true, at: .second(1)) == ClockReading.second(1).wall)
        #expect(condition.update(false, at: .second(2)) == nil)
    }
}
