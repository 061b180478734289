import ParallaxCore
import Testing

@Suite struct ClockStepsTests {
    private static let now = Timestamp(milliseconds: 1_800_000_000_000)

    @Test("a change of half a second between two notes is a step, a smaller one and a slow drift are not")
    func notices() {
        var clock = ClockSteps()
        #expect(clock.note(1_000, at: Self.now) == nil)
        #expect(clock.note(1_499, at: Self.now + 1_000) == nil)
        #expect(clock.note(1_998, at: Self.now + 2_000) == nil)
        #expect(clock.latest == nil && clock.count == 0)
        let step = clock.note(1_498, at: Self.now + 3_000)
        #expect(step == ClockSteps.Step(at: Self.now + 3_000, milliseconds: -500))
        #expect(clock.note(1_498, at: Self.now + 4_000) == nil)
        #expect(clock.latest == step && clock.count == 1)
        #expect(clock.note(7_201_498, at: Self.now + 5_000)?.milliseconds == 7_200_000)
        #expect(clock.count == 2)
    }
}
