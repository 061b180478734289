/// A reading of response times as figures by name.
struct ResponseTimeFigures {
    let settings: RollbackSettings

    /// A reading with the settings that it was judged by.
    func figures(_ reading: ResponseTimeTrigger.Reading) -> [String: Double] {
        var figures: [String: Double] = [
            "minimumSamples": Double(settings.responseTimeMinimum), "factor": settings.responseTimeFactor,
            "quantile": settings.responseTimeQuantile, "floorMilliseconds": settings.responseTimeFloorMilliseconds,
            "confidenceDeviations": settings.confidenceDeviations,
            "longWindowSeconds": Double(settings.errorWindowSeconds),
            "shortWindowSeconds": Double(settings.errorShortWindowSeconds),
            "watchedSeconds": Double(reading.watchedSeconds),
            "unwaited": reading.isUnwaited ? 1 : 0, "firesUnwaited": settings.responseTimeUnwaited ? 1 : 0,
        ]
        figures.merge(readings(reading)) { first, _ in first }
        return figures
    }

    /// What differs from source to source.
    func readings(_ reading: ResponseTimeTrigger.Reading) -> [String: Double] {
        var figures: [String: Double] = [
            "samples": Double(reading.samples), "shortSamples": Double(reading.shortSamples),
            "slowInFlight": Double(reading.slowInFlight), "baselineSamples": Double(reading.baseline.samples),
            Evaluation.baselineHoldsFigure: reading.baseline.stage == .frozen ? 1 : 0,
            Evaluation.baselineSecondsLeftFigure: Double(reading.baselineSecondsLeft),
        ]
        if let heldOut = reading.heldOutSamples {
            figures["heldOutSamples"] = Double(heldOut)
            figures["holdoutMinimumSamples"] = Double(settings.holdoutMinimumSamples)
            figures["usesHoldout"] = reading.usesHoldout ? 1 : 0
        }
        if let waits = reading.waits {
            figures["waits"] = Double(waits.count)
            figures["waitMedianMilliseconds"] = waits.median / .milliseconds(1)
            figures["waitQuantileMilliseconds"] = waits.quantile / .milliseconds(1)
        }
        guard let quantiles = reading.quantiles else { return figures }
        figures["quantileMilliseconds"] = quantiles.quantile / .milliseconds(1)
        figures["lowerBoundMilliseconds"] = quantiles.lowerBound / .milliseconds(1)
        figures["shortQuantileMilliseconds"] = quantiles.shortQuantile / .milliseconds(1)
        figures["baselineQuantileMilliseconds"] = quantiles.baselineQuantile / .milliseconds(1)
        figures["baselineUpperBoundMilliseconds"] = quantiles.baselineUpperBound / .milliseconds(1)
        figures["limitMilliseconds"] = quantiles.limit / .milliseconds(1)
        figures["addedMilliseconds"] = quantiles.added / .milliseconds(1)
        figures["limiterMilliseconds"] = quantiles.limiterPart.map { $0 / .milliseconds(1) }
        return figures
    }
}
