extension ResponseTimeTrigger {
    /// Judges stored quantiles again; `nil` where figures are missing.
    static func rejudge(_ evaluation: Evaluation, _ changes: RollbackSettings.Changes) -> Evaluation? {
        guard let samples = evaluation.count("samples"), let minimum = evaluation.count("minimumSamples") else {
            return nil
        }
        guard evaluation.figures["lowerBoundMilliseconds"] != nil else {
            // Quantiles are stored where there were enough samples for them and a baseline to compare them with.
            let newMinimum = changes.minimumSamples ?? minimum
            let fewerWouldDo = samples < minimum && samples >= newMinimum && evaluation.state == .inconclusive
            return fewerWouldDo ? nil : evaluation
        }
        guard let quantiles = storedQuantiles(evaluation, changes) else { return nil }
        if samples < changes.minimumSamples ?? minimum {
            return evaluation.with(.inconclusive, sentence: "\(samples) response times are too few")
        }
        return evaluation.with(state(of: quantiles), sentence: sentence(quantiles, samples: samples))
    }

    private static func storedQuantiles(
        _ evaluation: Evaluation, _ changes: RollbackSettings.Changes
    ) -> Quantiles? {
        guard let quantile = duration("quantileMilliseconds", evaluation),
            let lower = duration("lowerBoundMilliseconds", evaluation),
            let short = duration("shortQuantileMilliseconds", evaluation),
            let upper = duration("baselineUpperBoundMilliseconds", evaluation),
            let factor = changes.responseTimeFactor ?? evaluation.figures["factor"],
            let floor = changes.responseTimeFloorMilliseconds ?? evaluation.figures["floorMilliseconds"]
        else { return nil }
        return Quantiles(
            quantile: quantile, lowerBound: lower, shortQuantile: short, baselineUpperBound: upper,
            limit: max(upper * factor, .milliseconds(floor)))
    }

    /// Buckets stand for whole nanoseconds, so that the time comes back exactly.
    private static func duration(_ name: String, _ evaluation: Evaluation) -> Duration? {
        evaluation.figures[name].flatMap { Int64(exactly: ($0 * 1e6).rounded()) }.map { .nanoseconds($0) }
    }

    private static func sentence(_ quantiles: Quantiles, samples: Int) -> String {
        "quantile \(FigureText.time(quantiles.quantile)) (lower bound \(FigureText.time(quantiles.lowerBound)), "
            + "limit \(FigureText.time(quantiles.limit)), baseline at most "
            + "\(FigureText.time(quantiles.baselineUpperBound))), \(FigureText.grouped(samples)) response times"
    }
}
