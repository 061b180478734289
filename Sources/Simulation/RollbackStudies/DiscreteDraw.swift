import Foundation
import ParallaxCore

/// Draws whole numbers from 0 up, each as likely as its weight says, with about one look-up a draw.
///
/// Inversion of the cumulated weights, begun at a place from a table (Chen and Asau, "On generating random variates from
/// an empirical distribution", AIIE Transactions 6, 1974).
struct DiscreteDraw: Sendable {
    /// The share of all weight up to and including each number; the last is never reached by a random number below 1.
    private let sums: [Double]
    /// Where to begin to look, for each of as many equal parts of the range from 0 to 1.
    private let starts: [Int32]

    /// - Parameter weights: At least one of them above 0, none below.
    init(weights: [Double]) {
        let total = weights.reduce(0, +)
        precondition(total > 0 && total.isFinite, "some number must have a weight to be drawn")
        var sum = 0.0
        var sums = weights.map { weight in
            sum += weight
            return sum / total
        }
        // Rounding must leave no gap below 1; what has no weight at the end stays out of reach.
        let last = weights.lastIndex { $0 > 0 } ?? 0
        for index in last..<sums.count { sums[index] = .infinity }
        self.sums = sums
        var place = 0
        starts = (0..<weights.count).map { part in
            while sums[place] <= Double(part) / Double(weights.count) { place += 1 }
            return Int32(place)
        }
    }

    func draw(_ random: inout SplitMix64) -> Int {
        let unit = random.unit()
        var place = Int(starts[Int(unit * Double(starts.count))])
        while sums[place] <= unit { place += 1 }
        return place
    }
}

/// Draws how many of many independent events fall into one second, from their mean: Poisson's distribution.
struct PoissonDraw: Sendable {
    private let lowest: Int
    /// `nil` if nothing ever happens.
    private let draw: DiscreteDraw?

    /// - Parameter mean: Events a second, from 0.
    init(mean: Double) {
        precondition(mean >= 0 && mean.isFinite, "a rate is not negative")
        guard mean > 0 else {
            (lowest, draw) = (0, nil)
            return
        }
        // What lies further from the mean has a chance below 1e-20.
        let reach = 10 * mean.squareRoot() + 20
        let lowest = max(0, Int(mean - reach))
        self.lowest = lowest
        draw = DiscreteDraw(
            weights: (lowest...Int(mean + reach)).map { count in
                exp(Double(count) * log(mean) - mean - lgamma(Double(count) + 1))
            })
    }

    func next(_ random: inout SplitMix64) -> Int {
        guard let draw else { return 0 }
        return lowest + draw.draw(&random)
    }
}

/// Draws waits from a shape, in steps of one per cent: finer than the buckets that they are counted in.
struct LatencyDraw: Sendable {
    private static let ratio = 1.01
    private static let lowestMilliseconds = 0.001
    /// Each step's wait; the last is beyond what a histogram tells apart.
    private static let waits: [Duration] = sequence(first: lowestMilliseconds) { $0 * ratio }
        .prefix { $0 < 100_000 }
        .map { .nanoseconds(Int64($0 * ratio.squareRoot() * 1e6)) }

    private let waits = LatencyDraw.waits
    private let draw: DiscreteDraw

    /// - Parameter factor: How many times longer each wait is.
    init(_ shape: LatencyShape, factor: Double) {
        var edge = LatencyDraw.lowestMilliseconds / factor
        var above = 1.0
        draw = DiscreteDraw(
            weights: waits.indices.map { step in
                edge *= LatencyDraw.ratio
                // All that is slower than the last step counts in it.
                let next = step == LatencyDraw.waits.count - 1 ? 0 : shape.share(above: edge)
                defer { above = next }
                return above - next
            })
    }

    func next(_ random: inout SplitMix64) -> Duration {
        waits[draw.draw(&random)]
    }
}
