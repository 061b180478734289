import ParallaxCore
import ParallaxTesting
import Testing

/// What the error-rate trigger does on modelled traffic: the figures the thresholds were chosen for.
@Suite struct ErrorRateSimulationTests {
    /// How many requests arrive in a second that brings two on average, by inversion of the Poisson distribution.
    private func arrivals(_ generator: inout SplitMix64) -> Int {
        var left = Double(generator.next() >> 11) * 0x1p-53
        var (count, share) = (0, 0.135_335_283_236_612_7)
        while left >= share && count < 20 {
            left -= share
            count += 1
            share *= 2 / Double(count)
        }
        return count
    }

    /// The attempts of one second.
    private func second(rate: Int, errorShare: Double, _ generator: inout SplitMix64) -> AttemptTally {
        var tally = AttemptTally()
        let limit = UInt64(errorShare * 0x1p53)
        for _ in 0..<rate {
            if generator.next() >> 11 < limit { tally.errors += 1 } else { tally.decided += 1 }
        }
        return tally
    }

    @Test("20 days at 2 requests a second with 1 % errors see no rollback where the naive rule has one on most days")
    func falseRollbacks() {
        var generator = SplitMix64(seed: 20)
        var trigger = ErrorRateTrigger(settings: RollbackSettings())
        var firings = 0
        var naiveDays: Set<Int> = []
        for time in 0..<(20 * 86_400) {
            let now = ClockReading(steadyMilliseconds: Int64(time) * 1000, wall: Timestamp(milliseconds: 0))
            trigger.count(second(rate: arrivals(&generator), errorShare: 0.01, &generator), at: now)
            guard time % 10 == 0 else { continue }
            let reading = trigger.read(at: now)
            if reading.state == .firing { firings += 1 }
            if reading.short.attempts >= 100 && reading.short.percent > 5 { naiveDays.insert(time / 86_400) }
        }
        #expect(firings == 0)
        #expect(naiveDays.count >= 15)
    }

    @Test(
        "errors are noticed in time at 10 requests a second",
        arguments: [(0.08, 300), (0.2, 120), (0.5, 60), (1, 40)])
    func detection(errorShare: Double, withinSeconds: Int) {
        var delays: [Int] = []
        for seed in 0..<21 {
            var generator = SplitMix64(seed: UInt64(seed))
            var trigger = ErrorRateTrigger(settings: RollbackSettings())
            // The worst moment to begin is just after an evaluation.
            for time in 0...1_200 {
                trigger.count(
                    second(rate: 10, errorShare: time > 310 ? errorShare : 0.001, &generator), at: .at(Double(time)))
                if time % 10 == 0 && trigger.read(at: .at(Double(time))).state == .firing {
                    delays.append(time - 310)
                    break
                }
            }
        }
        #expect(delays.count == 21)
        #expect(delays.sorted()[10] <= withinSeconds)
    }
}
