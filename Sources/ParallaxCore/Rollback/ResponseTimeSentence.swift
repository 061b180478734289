/// A reading of response times as a sentence.
struct ResponseTimeSentence {
    private typealias Reading = ResponseTimeTrigger.Reading

    let settings: RollbackSettings
    let now: ClockReading

    func sentence(_ reading: ResponseTimeTrigger.Reading) -> String {
        var parts = [verdict(reading)]
        if let part = limiterPart(reading) { parts.append(part) }
        if reading.isHeldBack { parts.append("going back would take no wait away, so nothing is rolled back") }
        if let heldOut = reading.heldOutSamples, !reading.usesHoldout {
            parts.append(
                "the hold-out has \(NumberFormat.count(heldOut)) of the "
                    + "\(NumberFormat.count(settings.holdoutMinimumSamples)) response times that it needs")
        }
        return parts.joined(separator: "; ")
    }

    private func verdict(_ reading: Reading) -> String {
        if reading.usesHoldout { return comparison(reading) }
        switch reading.baseline {
        case .learning(let samples):
            return "no baseline yet: \(missing(samples, reading.baselineSecondsLeft)); it is learned in `legacy`"
        case .stale(let frozen):
            let days = Int((now.wall - frozen.frozenAt) / 86_400_000)
            return "the baseline is \(days) days old, beyond \(settings.baselineStaleDays); "
                + "run in `legacy` for a while to learn a new one"
        case .frozen: return comparison(reading)
        }
    }

    /// What a baseline lacks: response times, a longer time of them, or both.
    private func missing(_ samples: Int, _ seconds: Int) -> String {
        let (count, needed) = (NumberFormat.count(samples), NumberFormat.count(settings.baselineMinimumSamples))
        if samples < settings.baselineMinimumSamples {
            return "\(count) of \(needed) response times" + (seconds > 0 ? ", and \(seconds) s more of them" : "")
        }
        return seconds > 0
            ? "\(count) response times are enough, and \(seconds) s more of them are needed"
            : "\(count) response times are enough, and it holds from the next on"
    }

    private func comparison(_ reading: Reading) -> String {
        let samples = NumberFormat.count(reading.samples)
        guard let quantiles = reading.quantiles else {
            return reading.state == .warming
                ? "counting for \(reading.watchedSeconds) of the first \(settings.errorShortWindowSeconds) s, "
                    + "\(samples) response times"
                : "\(samples) response times in \(reading.watchedSeconds) s; a quantile needs at least "
                    + NumberFormat.count(settings.responseTimeMinimum)
        }
        let yardstick = reading.usesHoldout ? "hold-out" : "baseline"
        let inFlight =
            reading.slowInFlight > 0 ? ", \(NumberFormat.count(reading.slowInFlight)) of them still unanswered" : ""
        return "p\(NumberFormat.decimal(settings.responseTimeQuantile * 100)) \(NumberFormat.time(quantiles.quantile)) "
            + "(lower bound \(NumberFormat.time(quantiles.lowerBound)), limit \(NumberFormat.time(quantiles.limit)), "
            + "\(yardstick) at most \(NumberFormat.time(quantiles.baselineUpperBound))) over \(reading.watchedSeconds) s, "
            + "\(samples) response times\(inFlight)"
    }

    /// Nothing where nothing was added, or where no one knows who waited for what.
    private func limiterPart(_ reading: Reading) -> String? {
        guard let quantiles = reading.quantiles, let part = quantiles.limiterPart, quantiles.added > .zero else {
            return nil
        }
        let added = "of the \(NumberFormat.time(quantiles.added)) added, the limiter caused "
        if reading.waits == nil && reading.slowInFlight == 0 { return added + "none: no caller waited for it" }
        return added + (part >= quantiles.added ? "all" : NumberFormat.time(part))
    }
}
