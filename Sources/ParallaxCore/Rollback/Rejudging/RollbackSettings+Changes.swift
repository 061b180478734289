extension RollbackSettings {
    /// Settings to try in the place of others; `nil` leaves one as it is.
    package struct Changes: Equatable, Sendable {
        package var redisDownSeconds: Int?
        package var redisDownWindowSeconds: Int?
        package var errorRatePercent: Double?
        package var longWindowSeconds: Int?
        package var shortWindowSeconds: Int?
        package var minimumAttempts: Int?
        package var countsOutagesAsErrors: Bool?
        package var responseTimeFactor: Double?
        package var minimumSamples: Int?
        package var responseTimeFloorMilliseconds: Double?
        package var firesUnwaited: Bool?
        package var evaluationSeconds: Int?

        package init() {}
    }

    /// The same settings with some changed; not validated.
    package func applying(_ changes: Changes) -> RollbackSettings {
        var settings = self
        settings.redisDownSeconds = changes.redisDownSeconds ?? redisDownSeconds
        settings.redisDownWindowSeconds = changes.redisDownWindowSeconds ?? redisDownWindowSeconds
        settings.errorRatePercent = changes.errorRatePercent ?? errorRatePercent
        settings.longWindowSeconds = changes.longWindowSeconds ?? longWindowSeconds
        settings.shortWindowSeconds = changes.shortWindowSeconds ?? shortWindowSeconds
        settings.minimumAttempts = changes.minimumAttempts ?? minimumAttempts
        settings.countsOutagesAsErrors = changes.countsOutagesAsErrors ?? countsOutagesAsErrors
        settings.responseTimeFactor = changes.responseTimeFactor ?? responseTimeFactor
        settings.minimumSamples = changes.minimumSamples ?? minimumSamples
        settings.responseTimeFloorMilliseconds =
            changes.responseTimeFloorMilliseconds ?? responseTimeFloorMilliseconds
        settings.firesUnwaited = changes.firesUnwaited ?? firesUnwaited
        settings.evaluationSeconds = changes.evaluationSeconds ?? evaluationSeconds
        return settings
    }
}

extension RollbackSettings.Changes {
    /// What a stored evaluation cannot tell about these changes, each as a sentence; empty where it can tell all.
    ///
    /// It holds the sums over its own two windows at its own time, so other windows and other times are beyond it.
    package var beyondStoredFigures: [String] {
        var reasons: [String] = []
        if longWindowSeconds != nil || shortWindowSeconds != nil || redisDownWindowSeconds != nil {
            reasons.append("windows of other lengths: the sums that are stored are those of the windows of the time")
        }
        if evaluationSeconds != nil {
            reasons.append("another interval between evaluations: nothing is stored from in between")
        }
        return reasons
    }
}
