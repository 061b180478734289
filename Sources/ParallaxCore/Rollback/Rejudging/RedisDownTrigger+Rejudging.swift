extension RedisDownTrigger {
    /// Judges stored outages again; `nil` if figures are missing.
    static func rejudge(_ evaluation: Evaluation, _ changes: RollbackSettings.Changes) -> Evaluation? {
        // Before the first good run or failure there is nothing that a limit could change.
        guard evaluation.state != .warming else { return evaluation }
        guard let reading = reading(evaluation), let stored = evaluation.count("limitSeconds"),
            let goodRunProbes = evaluation.count("goodRunProbes")
        else { return nil }
        let limitSeconds = changes.redisDownSeconds ?? stored
        return evaluation.with(
            state(of: reading, limitSeconds: limitSeconds), isHeldBack: isHeldBack(reading, limitSeconds: limitSeconds),
            sentence: sentence(
                reading, limitSeconds: limitSeconds, windowSeconds: evaluation.count("windowSeconds") ?? 0,
                goodRunProbes: goodRunProbes, decisionsSeconds: evaluation.count("decisionsSeconds") ?? 0))
    }

    /// What was measured. Evaluations of releases that did not sum outages up hold no window.
    private static func reading(_ evaluation: Evaluation) -> Reading? {
        guard let down = milliseconds(evaluation, "downSeconds"), let probes = evaluation.count("probes"),
            let failedProbes = evaluation.count("failedProbes"), let successes = evaluation.count("successesInARow"),
            let goodRunProbes = evaluation.count("goodRunProbes")
        else { return nil }
        var reading = Reading(
            state: evaluation.state, downMilliseconds: successes == goodRunProbes ? nil : down,
            downInWindowMilliseconds: milliseconds(evaluation, "downInWindowSeconds") ?? 0,
            outagesInWindow: evaluation.count("outagesInWindow") ?? 0, probes: probes, failedProbes: failedProbes)
        if let decided = evaluation.count("decided") {
            reading.answered = AttemptTally(decided: decided, errors: evaluation.count("failedDecisions") ?? 0)
            // Earlier releases kept only what counts as down.
            reading.downUnlessAnsweredMilliseconds = milliseconds(evaluation, "downUnlessAnsweredSeconds") ?? down
        }
        return reading
    }

    private static func milliseconds(_ evaluation: Evaluation, _ name: String) -> Int64? {
        evaluation.figures[name].flatMap { Int64(exactly: ($0 * 1000).rounded()) }
    }
}
