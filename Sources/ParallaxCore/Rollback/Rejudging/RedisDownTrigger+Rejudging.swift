extension RedisDownTrigger {
    /// Judges a stored outage again; `nil` where figures are missing.
    static func rejudge(_ evaluation: Evaluation, _ changes: RollbackSettings.Changes) -> Evaluation? {
        // Without an outage there is nothing that a limit could change.
        guard evaluation.state == .suspect || evaluation.state == .firing else { return evaluation }
        guard let downSeconds = evaluation.figures["downSeconds"], let limit = evaluation.count("limitSeconds"),
            let down = Int64(exactly: (downSeconds * 1000).rounded()), let probes = evaluation.count("probes"),
            let failedProbes = evaluation.count("failedProbes")
        else { return nil }
        let limitSeconds = changes.redisDownSeconds ?? limit
        return evaluation.with(
            state(downMilliseconds: down, limitSeconds: limitSeconds),
            sentence: sentence(
                downSeconds: downSeconds, limitSeconds: limitSeconds, probes: probes, failedProbes: failedProbes))
    }
}
