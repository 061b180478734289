import Foundation
import ParallaxCore
import Testing

@testable import Simulation

/// The models' draws, held against what is known of their distributions.
@Suite struct DrawTests {
    private func mean(_ numbers: [Double]) -> Double { numbers.reduce(0, +) / Double(numbers.count) }

    @Test("numbers are drawn as often as their weights say, and never without one")
    func weights() {
        let weights = [0, 1, 0, 3, 0.5, 5.5, 0]
        let draw = DiscreteDraw(weights: weights)
        var random = SplitMix64(seed: 1)
        var counts = weights.map { _ in 0 }
        for _ in 0..<100_000 { counts[draw.draw(&random)] += 1 }
        for (weight, count) in zip(weights, counts) {
            // Five deviations of a binomial share.
            let deviation = (weight / 10 * (1 - weight / 10) * 100_000).squareRoot()
            #expect(abs(Double(count) - weight * 10_000) <= 5 * deviation)
        }
    }

    @Test("a single number is always drawn")
    func single() {
        let draw = DiscreteDraw(weights: [4])
        var random = SplitMix64(seed: 1)
        #expect((0..<100).allSatisfy { _ in draw.draw(&random) == 0 })
    }

    @Test(
        "counts of a second have the mean and the variance of Poisson's", arguments: [0.03, 0.5, 2, 10, 123.4, 1_000])
    func poisson(rate: Double) {
        let draw = PoissonDraw(mean: rate)
        var random = SplitMix64(seed: 2)
        let counts = (0..<200_000).map { _ in Double(draw.next(&random)) }
        let mean = mean(counts)
        let variance = self.mean(counts.map { ($0 - mean) * ($0 - mean) })
        #expect(abs(mean - rate) <= 5 * (rate / 200_000).squareRoot())
        #expect(abs(variance / rate - 1) <= 0.05)
        // A large count a few times the mean's root away comes as rarely as it should.
        let beyond = counts.count { $0 > rate + 5 * rate.squareRoot() + 3 }
        #expect(beyond <= 20)
    }

    @Test("a rate of nothing never has an event")
    func nothing() {
        var random = SplitMix64(seed: 3)
        #expect((0..<100).allSatisfy { _ in PoissonDraw(mean: 0).next(&random) == 0 })
    }

    private static let shapes =
        RollbackTables.shapes + [LatencyShape(medianMilliseconds: 3, spread: 0.1, tailShare: 0.5, tailExponent: 3)]

    @Test("waits have the quantiles of their shape, at any factor", arguments: shapes, [1, 2.5])
    func waits(shape: LatencyShape, factor: Double) {
        let draw = LatencyDraw(shape, factor: factor)
        var random = SplitMix64(seed: 4)
        let waits = (0..<100_000).map { _ in draw.next(&random) / .milliseconds(1) }.sorted()
        for share in [0.05, 0.5, 0.9, 0.95, 0.99, 0.999] {
            let wait = waits[Int(share * 100_000)]
            let deviation = (share * (1 - share) / 100_000).squareRoot()
            // The steps are one per cent wide, so the share is that of a little less or a little more.
            #expect(shape.share(above: wait / factor * 0.99) >= 1 - share - 5 * deviation)
            #expect(shape.share(above: wait / factor * 1.01) <= 1 - share + 5 * deviation)
        }
    }

    @Test("half of a body wait longer than its median, and a tail falls as its exponent says")
    func shape() {
        let body = LatencyShape(medianMilliseconds: 20, spread: 1)
        #expect(abs(body.share(above: 20) - 0.5) < 1e-12)
        #expect(abs(body.share(above: 20 * exp(1.644_853_626_951)) - 0.05) < 1e-9)
        #expect(body.share(above: 0) == 1)
        let tail = LatencyShape(medianMilliseconds: 20, spread: 0.1, tailShare: 0.1, tailExponent: 1.5, tailStart: 3)
        #expect(abs(tail.share(above: 60) - 0.1) < 1e-9)
        #expect(abs(tail.share(above: 240) - 0.1 / 8) < 1e-9)
    }

    @Test("a day's factor is 1 on average, lowest at four, and the same the next day")
    func cycle() {
        let cycle = DailyCycle(swing: 0.4)
        let steps = (0..<96).map { cycle.factor(inStep: $0) }
        #expect(abs(mean(steps) - 1) < 1e-9)
        #expect(steps.indices.min { steps[$0] < steps[$1] }.map { $0 / 4 } == 4 || steps[15] == steps.min())
        #expect(abs((steps.min() ?? 0) - 0.6) < 0.01 && abs((steps.max() ?? 0) - 1.4) < 0.01)
        #expect(cycle.step(atSecond: 86_400 + 900) == 1)
        #expect(DailyCycle(swing: 0).factor(inStep: 0) == 1)
    }

    @Test(
        "an upper bound is the mean at which so few events are seen once in twenty",
        arguments: [(0, 2.9957), (1, 4.7439), (2, 6.2958), (10, 16.9622), (100, 118.0791)])
    func bounds(events: Int, bound: Double) {
        #expect(abs(RareEvents.upperBound(events: events) - bound) < 0.001)
    }
}
