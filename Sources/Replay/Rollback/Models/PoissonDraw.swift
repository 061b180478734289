import ParallaxCore
import Foundation

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
