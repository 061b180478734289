extension ResponseTimeTrigger {
    /// The verdict on the quantiles of enough samples.
    static func state(
        quantile: Duration, lowerBound: Duration, shortQuantile: Duration, limit: Duration
    ) -> TriggerState {
        if lowerBound > limit && shortQuantile > limit { return .firing }
        return quantile > limit || shortQuantile > limit ? .suspect : .ok
    }

    /// Judges stored quantiles again; `nil` if figures are missing.
    ///
    /// Each population is judged by itself, and the most serious verdict holds, as it did. Callers who had no answer yet count
    /// as they counted then.
    static func rejudge(_ evaluation: Evaluation, _ changes: RollbackSettings.Changes) -> Evaluation? {
        var judged: [StoredResponseTimes.Verdict] = []
        for population in Population.allCases {
            let stored = StoredResponseTimes(evaluation: evaluation, population: population)
            guard stored.hasQuantiles else {
                if stored.couldBeEnough(with: changes) && evaluation.state != .warming { return nil }
                continue
            }
            guard let verdict = stored.judged(with: changes) else { return nil }
            judged.append(verdict)
        }
        // Without a quantile there was nothing to hold to a limit, and there is not now.
        guard let gravest = judged.max(by: { $0.state.gravity < $1.state.gravity }) else { return evaluation }
        return evaluation.with(
            gravest.state, isHeldBack: gravest.isHeldBack,
            sentence: changes.touchesResponseTimes ? gravest.sentence : evaluation.sentence)
    }
}

/// The response times of one population as an evaluation holds them.
private struct StoredResponseTimes {
    typealias Verdict = (state: TriggerState, isHeldBack: Bool, sentence: String)

    let evaluation: Evaluation
    let population: ResponseTimeTrigger.Population

    var hasQuantiles: Bool { figure("lowerBoundMilliseconds") != nil }

    /// Whether there were too few samples for a quantile, and with these changes there would have been enough.
    func couldBeEnough(with changes: RollbackSettings.Changes) -> Bool {
        guard let samples = figure("samples"), let minimum = evaluation.figures["minimumSamples"],
            let newMinimum = changes.responseTimeMinimum
        else { return false }
        return samples < minimum && samples >= Double(newMinimum)
    }

    func judged(with changes: RollbackSettings.Changes) -> Verdict? {
        guard let quantile = duration("quantileMilliseconds"), let lower = duration("lowerBoundMilliseconds"),
            let short = duration("shortQuantileMilliseconds"), let upper = duration("baselineUpperBoundMilliseconds"),
            let factor = changes.responseTimeFactor ?? evaluation.figures["factor"],
            let floor = changes.responseTimeFloorMilliseconds ?? evaluation.figures["floorMilliseconds"],
            let samples = figure("samples").flatMap({ Int(exactly: $0) }),
            let minimum = changes.responseTimeMinimum ?? evaluation.count("minimumSamples")
        else { return nil }
        if samples < minimum {
            return (.inconclusive, false, "\(NumberFormat.count(samples)) response times are too few")
        }
        let limit = max(upper * factor, .milliseconds(floor))
        let state = ResponseTimeTrigger.state(
            quantile: quantile, lowerBound: lower, shortQuantile: short, limit: limit)
        // Releases that did not look at who waits fired in any case.
        let responseTimeUnwaited =
            changes.responseTimeUnwaited
            ?? (evaluation.figures["firesUnwaited"] != 0 || evaluation.figures["unwaited"] != 1)
        let isHeldBack =
            state == .firing && evaluation.figures["unwaited"] == 1 && figure("usesHoldout") != 1
            && !responseTimeUnwaited
        return (
            isHeldBack ? .suspect : state, isHeldBack,
            "\(prefix)quantile \(NumberFormat.time(quantile)) (lower bound \(NumberFormat.time(lower)), "
                + "limit \(NumberFormat.time(limit)), compared with at most \(NumberFormat.time(upper))), "
                + "\(NumberFormat.count(samples)) response times"
        )
    }

    private var prefix: String { population == .door ? "" : "\(population.callers): " }

    private func figure(_ name: String) -> Double? { evaluation.figures[population.figureName(name)] }

    /// Buckets stand for whole nanoseconds, so the time comes back exactly.
    private func duration(_ name: String) -> Duration? {
        figure(name).flatMap { Int64(exactly: ($0 * 1e6).rounded()) }.map { .nanoseconds($0) }
    }
}

extension RollbackSettings.Changes {
    /// Whether they could make another verdict on response times.
    fileprivate var touchesResponseTimes: Bool {
        responseTimeFactor != nil || responseTimeMinimum != nil || responseTimeFloorMilliseconds != nil
            || responseTimeUnwaited != nil
    }
}
