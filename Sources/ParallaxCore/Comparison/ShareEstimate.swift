/// A share of what was counted, with the interval of shares that the counts do not contradict (Wilson, 95 %).
///
/// The interval takes requests as independent of each other. Those of one burst are not, so the truth is a little less
/// sure.
package struct ShareEstimate: Codable, Equatable, Sendable {
    /// 95 % between the two bounds.
    private static let deviations = 1.959964

    package let count: Int
    /// How many it could have been.
    package let of: Int
    /// All three from 0 to 1; the share is 0 if it could have been none.
    package let share: Double
    package let lower: Double
    package let upper: Double

    package init(_ count: Int, of whole: Int) {
        self.count = count
        of = whole
        share = whole > 0 ? Double(count) / Double(whole) : 0
        lower = WilsonBound.lower(successes: count, trials: whole, deviations: Self.deviations)
        upper = WilsonBound.upper(successes: count, trials: whole, deviations: Self.deviations)
    }

    /// The least number of trials at which so many successes have an interval that ends below a share.
    ///
    /// - Parameter bound: From 0 to 1.
    /// - Returns: `nil` if no number is large enough.
    package static func trials(forUpperBelow bound: Double, successes: Int) -> Int? {
        func isBelow(_ trials: Int) -> Bool {
            WilsonBound.upper(successes: successes, trials: trials, deviations: deviations) < bound
        }
        var high = max(1, successes)
        while !isBelow(high) {
            guard high < 1 << 50 else { return nil }
            high *= 2
        }
        var low = 0
        while low + 1 < high {
            let middle = (low + high) / 2
            if middle >= successes, isBelow(middle) { high = middle } else { low = middle }
        }
        return high
    }

    /// Whether the two intervals have no share in common: a difference that is more than chance.
    package func differsClearly(from other: ShareEstimate) -> Bool {
        lower > other.upper || upper < other.lower
    }
}

/// The score interval of a binomial share: the shares that the counts seen do not contradict.
///
/// Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference", Journal of the
/// American Statistical Association 22 (1927), 209-212. Unlike the textbook interval it holds for few trials and for
/// shares near 0 and 1.
package enum WilsonBound {
    /// The smallest share that is still credible.
    ///
    /// - Parameters:
    ///   - successes: How often it happened, from 0 to `trials`.
    ///   - trials: How often it could have.
    ///   - deviations: How sure to be, in standard deviations, such as 3.0902 for 99.9 % on this side.
    /// - Returns: A share from 0 to 1; 0 without trials.
    package static func lower(successes: Int, trials: Int, deviations: Double) -> Double {
        guard trials > 0 else { return 0 }
        let (centre, reach) = interval(successes: successes, trials: trials, deviations: deviations)
        return max(0, centre - reach)
    }

    /// The largest share that is still credible; 1 without trials. The parameters are those of the lower bound.
    package static func upper(successes: Int, trials: Int, deviations: Double) -> Double {
        guard trials > 0 else { return 1 }
        let (centre, reach) = interval(successes: successes, trials: trials, deviations: deviations)
        return min(1, centre + reach)
    }

    private static func interval(
        successes: Int, trials: Int, deviations: Double
    ) -> (centre: Double, reach: Double) {
        let trials = Double(trials)
        return interval(share: Double(successes) / trials, trials: trials, deviations: deviations)
    }

    /// The interval of a share that so many independent trials would have given, which need not be a whole number.
    static func interval(share: Double, trials: Double, deviations: Double) -> (centre: Double, reach: Double) {
        let square = deviations * deviations
        let scale = 1 + square / trials
        let centre = (share + square / (2 * trials)) / scale
        let spread = share * (1 - share) / trials + square / (4 * trials * trials)
        return (centre, deviations * spread.squareRoot() / scale)
    }
}
