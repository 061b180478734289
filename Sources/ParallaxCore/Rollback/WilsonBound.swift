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
        let share = Double(successes) / trials
        let square = deviations * deviations
        let scale = 1 + square / trials
        let centre = (share + square / (2 * trials)) / scale
        let spread = share * (1 - share) / trials + square / (4 * trials * trials)
        return (centre, deviations * spread.squareRoot() / scale)
    }
}
