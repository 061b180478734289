import ArgumentParser
import ParallaxCore

/// Settings of the watchdog to try, named as the settings `ROLLBACK_…` are.
struct RollbackSettingOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Try another ROLLBACK_REDIS_DOWN_SECONDS.", valueName: "seconds"))
    var redisDownSeconds: Int?

    @Option(help: ArgumentHelp("Try another ROLLBACK_REDIS_DOWN_WINDOW_SECONDS.", valueName: "seconds"))
    var redisDownWindowSeconds: Int?

    @Option(help: ArgumentHelp("Try another ROLLBACK_ERROR_RATE_PERCENT.", valueName: "percent"))
    var errorRatePercent: Double?

    @Option(help: ArgumentHelp("Try another ROLLBACK_ERROR_WINDOW_SECONDS.", valueName: "seconds"))
    var errorWindowSeconds: Int?

    @Option(help: ArgumentHelp("Try another ROLLBACK_ERROR_SHORT_WINDOW_SECONDS.", valueName: "seconds"))
    var errorShortWindowSeconds: Int?

    @Option(help: ArgumentHelp("Try another ROLLBACK_ERROR_MINIMUM.", valueName: "attempts"))
    var errorMinimum: Int?

    @Option(help: ArgumentHelp("Try another ROLLBACK_OUTAGES_AS_ERRORS.", valueName: "true|false"))
    var outagesAsErrors: Bool?

    @Option(help: ArgumentHelp("Try another ROLLBACK_RESPONSE_TIME_FACTOR.", valueName: "factor"))
    var responseTimeFactor: Double?

    @Option(help: ArgumentHelp("Try another ROLLBACK_RESPONSE_TIME_MINIMUM.", valueName: "samples"))
    var responseTimeMinimum: Int?

    @Option(
        name: .customLong("response-time-floor-ms"),
        help: ArgumentHelp("Try another ROLLBACK_RESPONSE_TIME_FLOOR_MS.", valueName: "milliseconds"))
    var responseTimeFloorMilliseconds: Double?

    @Option(help: ArgumentHelp("Try another ROLLBACK_RESPONSE_TIME_UNWAITED.", valueName: "true|false"))
    var responseTimeUnwaited: Bool?

    @Option(help: ArgumentHelp("Try another ROLLBACK_EVALUATION_INTERVAL.", valueName: "seconds"))
    var evaluationInterval: Int?

    var changes: RollbackSettings.Changes {
        var changes = RollbackSettings.Changes()
        changes.redisDownSeconds = redisDownSeconds
        changes.redisDownWindowSeconds = redisDownWindowSeconds
        changes.errorRatePercent = errorRatePercent
        changes.errorWindowSeconds = errorWindowSeconds
        changes.errorShortWindowSeconds = errorShortWindowSeconds
        changes.errorMinimum = errorMinimum
        changes.outagesAsErrors = outagesAsErrors
        changes.responseTimeFactor = responseTimeFactor
        changes.responseTimeMinimum = responseTimeMinimum
        changes.responseTimeFloorMilliseconds = responseTimeFloorMilliseconds
        changes.responseTimeUnwaited = responseTimeUnwaited
        changes.evaluationInterval = evaluationInterval
        return changes
    }

    /// The changes over other settings.
    ///
    /// - Throws: ``CommandFailure`` naming every option that is out of its range.
    func settings(over settings: RollbackSettings) throws -> RollbackSettings {
        let settings = settings.applying(changes)
        do {
            try settings.validate()
        } catch {
            throw CommandFailure(
                .usage, "the watchdog does not accept these settings: \(error)",
                remedy: "docs/configuration.md has the range of each setting.")
        }
        return settings
    }
}
