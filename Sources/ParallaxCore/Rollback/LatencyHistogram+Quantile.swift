extension LatencyHistogram {
    /// The time that a share of the samples does not exceed: the sample of rank `ceil(share * count)`.
    ///
    /// - Parameter share: Between 0 and 1, such as 0.95.
    /// - Returns: The middle of that sample's bucket; `nil` without samples.
    package func quantile(_ share: Double) -> Duration? {
        time(ofRank: (share * Double(count)).rounded(.up))
    }

    /// The times between which the quantile of the traffic, of which the samples are a part, lies.
    ///
    /// The number of samples below the true quantile is binomial, so the samples a few deviations of it before and
    /// after the quantile's rank enclose it, whatever shape the times have (W. J. Conover, "Practical Nonparametric
    /// Statistics", 3rd edition, section 3.2; by the normal approximation, rounded outwards). Where there are too few
    /// samples to enclose it, the outermost ones are given.
    ///
    /// - Parameters:
    ///   - share: Between 0 and 1, such as 0.95.
    ///   - deviations: How sure to be on each side, in standard deviations.
    package func quantileBounds(_ share: Double, deviations: Double) -> (lower: Duration, upper: Duration)? {
        let centre = share * Double(count)
        let reach = deviations * (centre * (1 - share)).squareRoot()
        guard let lower = time(ofRank: (centre - reach).rounded(.down)),
            let upper = time(ofRank: (centre + reach).rounded(.up))
        else { return nil }
        return (lower, upper)
    }

    /// The time of the sample with a rank, counted from 1; ranks beyond the ends give the outermost samples.
    private func time(ofRank rank: Double) -> Duration? {
        guard count > 0 else { return nil }
        let rank = Int(min(max(rank, 1), Double(count)))
        var seen = 0
        for (bucket, samples) in counts.enumerated() {
            seen += Int(samples)
            if seen >= rank { return .nanoseconds(LatencyHistogram.nanoseconds(ofBucket: bucket)) }
        }
        preconditionFailure("a histogram's buckets hold fewer samples than it counts")
    }
}
