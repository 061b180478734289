import Foundation

/// How often something that was seen a few times may really happen.
enum RareEvents {
    /// The largest mean at which so few events would still be seen once in twenty tries: the exact upper bound of a
    /// Poisson mean at 95 % (Garwood, "Fiducial limits for the Poisson distribution", Biometrika 28, 1936). 3 for none.
    static func upperBound(events: Int) -> Double {
        precondition(events >= 0, "events are counted from 0")
        var (low, high) = (Double(events), 3 * Double(events) + 10)
        for _ in 0..<100 {
            let middle = (low + high) / 2
            if chance(ofAtMost: events, mean: middle) > 0.05 { low = middle } else { high = middle }
        }
        return high
    }

    private static func chance(ofAtMost events: Int, mean: Double) -> Double {
        (0...events).reduce(0) { $0 + exp(Double($1) * log(mean) - mean - lgamma(Double($1) + 1)) }
    }
}
