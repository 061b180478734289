/// A share of requests with an interval that resamples identities, not requests: those of one caller depend on each other.
///
/// Sums are enough to know it, so that a million identities are counted one by one. The variance is that of a ratio of two
/// totals over clusters (Cochran, Sampling Techniques, 3rd edition, 1977, 9A.1); it says how many independent requests would
/// have been worth as much, and the interval is the score interval of those, with the deviations of Student's
/// distribution. It covers the true share as often as a bootstrap over identities does, and where every request agreed it
/// still has a width, which a bootstrap has not.
package struct ClusteredShare: Hashable, Sendable {
    /// With fewer identities there is no interval.
    package static let minimumIdentities = 20

    /// Identities with at least one trial.
    package private(set) var identities = 0
    package private(set) var successes = 0
    package private(set) var trials = 0
    // Sums over identities: squares and the product. `Double` holds them exactly up to 2^53.
    private var successesSquared = 0.0
    private var trialsSquared = 0.0
    private var product = 0.0

    package init() {}

    /// Adds one identity.
    package mutating func add(_ successes: Int, of trials: Int) {
        guard trials > 0 else { return }
        identities += 1
        self.successes += successes
        self.trials += trials
        successesSquared += Double(successes) * Double(successes)
        trialsSquared += Double(trials) * Double(trials)
        product += Double(successes) * Double(trials)
    }

    /// From 0 to 1; `nil` without trials.
    package var share: Double? { trials > 0 ? Double(successes) / Double(trials) : nil }

    /// The shares that the identities seen do not contradict, 95 % on both sides; `nil` with fewer than
    /// ``minimumIdentities``.
    package var interval: ClosedRange<Double>? {
        guard identities >= Self.minimumIdentities, let share else { return nil }
        let (centre, reach) = WilsonBound.interval(
            share: share, trials: independentTrials(share),
            deviations: Self.deviations(freedom: max(1, alikeIdentities - 1)))
        return max(0, centre - reach)...min(1, centre + reach)
    }

    /// How many identities of one size would tell as much: the large ones decide (Kish, Survey Sampling, 1965, 8.2).
    private var alikeIdentities: Double { Double(trials) * Double(trials) / trialsSquared }

    /// How many independent requests would tell as much.
    private func independentTrials(_ share: Double) -> Double {
        let (count, total) = (Double(identities), Double(trials))
        let alike = total * alikeIdentities / count
        let squares = successesSquared - 2 * share * product + share * share * trialsSquared
        let variance = count / (count - 1) * max(0, squares) / (total * total)
        guard variance > 0, share > 0, share < 1 else { return min(total, alike) }
        return min(total, alike, share * (1 - share) / variance)
    }

    /// The 97.5 % quantile of Student's distribution by its expansion around the normal one (Abramowitz and Stegun, 26.7.5).
    private static func deviations(freedom: Double) -> Double {
        let z = 1.959964
        let third = (z * z * z + z) / (4 * freedom)
        return z + third + (5 * z * z * z * z * z + 16 * z * z * z + 3 * z) / (96 * freedom * freedom)
    }
}
