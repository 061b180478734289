extension ResponseTimeTrigger {
    package mutating func evaluate(at now: Moment, baseline: Baseline) -> Evaluation {
        let reading = read(at: now, baseline: baseline)
        return Evaluation(
            trigger: .responseTime, time: now.wall, state: reading.state, figures: figures(reading),
            sentence: sentence(reading, at: now))
    }

    private func figures(_ reading: Reading) -> [String: Double] {
        var figures: [String: Double] = [
            "samples": Double(reading.samples), "shortSamples": Double(reading.shortSamples),
            "minimumSamples": Double(settings.minimumSamples), "factor": settings.responseTimeFactor,
            "quantile": settings.responseTimeQuantile, "floorMilliseconds": settings.responseTimeFloorMilliseconds,
            "confidenceDeviations": settings.confidenceDeviations,
            "longWindowSeconds": Double(settings.longWindowSeconds),
            "shortWindowSeconds": Double(settings.shortWindowSeconds),
            "watchedSeconds": Double(reading.watchedSeconds),
        ]
        figures["baselineSamples"] = Double(reading.baseline.samples)
        guard let quantiles = reading.quantiles else { return figures }
        figures["quantileMilliseconds"] = quantiles.quantile / .milliseconds(1)
        figures["lowerBoundMilliseconds"] = quantiles.lowerBound / .milliseconds(1)
        figures["shortQuantileMilliseconds"] = quantiles.shortQuantile / .milliseconds(1)
        figures["baselineUpperBoundMilliseconds"] = quantiles.baselineUpperBound / .milliseconds(1)
        figures["limitMilliseconds"] = quantiles.limit / .milliseconds(1)
        return figures
    }

    private func sentence(_ reading: Reading, at now: Moment) -> String {
        switch reading.baseline {
        case .learning(let samples):
            return "no baseline yet: \(FigureText.grouped(samples)) of "
                + "\(FigureText.grouped(settings.baselineMinimumSamples)) response times; it is learned in `legacy`"
        case .stale(let frozen):
            let days = Int((now.wall - frozen.frozenAt) / 86_400_000)
            return "the baseline is \(days) days old, beyond \(settings.baselineStaleDays); "
                + "run in `legacy` for a while to learn a new one"
        case .frozen:
            return sentence(reading)
        }
    }

    private func sentence(_ reading: Reading) -> String {
        let samples = FigureText.grouped(reading.samples)
        guard let quantiles = reading.quantiles else {
            return reading.state == .warming
                ? "counting for \(reading.watchedSeconds) of the first \(settings.shortWindowSeconds) s, "
                    + "\(samples) response times"
                : "\(samples) response times in \(reading.watchedSeconds) s; a quantile needs at least "
                    + FigureText.grouped(settings.minimumSamples)
        }
        return "p\(FigureText.decimal(settings.responseTimeQuantile * 100)) \(FigureText.time(quantiles.quantile)) "
            + "(lower bound \(FigureText.time(quantiles.lowerBound)), limit \(FigureText.time(quantiles.limit)), "
            + "baseline at most \(FigureText.time(quantiles.baselineUpperBound))) over \(reading.watchedSeconds) s, "
            + "\(samples) response times"
    }
}

extension Baseline.State {
    /// The samples it stands on, or has so far.
    package var samples: Int {
        switch self {
        case .learning(let samples): samples
        case .frozen(let frozen), .stale(let frozen): frozen.samples.count
        }
    }
}
