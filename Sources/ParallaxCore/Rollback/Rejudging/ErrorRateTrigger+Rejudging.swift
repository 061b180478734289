extension ErrorRateTrigger {
    /// Judges stored counts again; `nil` if figures are missing.
    static func rejudge(_ evaluation: Evaluation, _ changes: RollbackSettings.Changes) -> Evaluation? {
        guard let settings = storedSettings(evaluation)?.applying(changes.withinStoredWindows),
            var reading = reading(evaluation, settings: settings)
        else { return nil }
        reading.state = state(of: reading, settings: settings)
        return evaluation.with(reading.state, sentence: sentence(reading, settings: settings))
    }

    /// The settings of the time, as far as this trigger needs them.
    private static func storedSettings(_ evaluation: Evaluation) -> RollbackSettings? {
        guard let limit = evaluation.figures["limitPercent"], let minimum = evaluation.count("minimumAttempts"),
            let deviations = evaluation.figures["confidenceDeviations"],
            let long = evaluation.count("longWindowSeconds"), let short = evaluation.count("shortWindowSeconds")
        else { return nil }
        var settings = RollbackSettings()
        settings.errorRatePercent = limit
        settings.errorMinimum = minimum
        settings.confidenceDeviations = deviations
        settings.errorWindowSeconds = long
        settings.errorShortWindowSeconds = short
        settings.outagesAsErrors = evaluation.figures["outagesCountAsErrors"] == 1
        return settings
    }

    /// What was counted, with outages among the errors or not, as the settings say.
    private static func reading(_ evaluation: Evaluation, settings: RollbackSettings) -> Reading? {
        guard var long = share(evaluation, "errors", "attempts"), let watched = evaluation.count("watchedSeconds"),
            var short = share(evaluation, "shortErrors", "shortAttempts"), let outages = evaluation.count("outages")
        else { return nil }
        let shortOutages = evaluation.count("shortOutages")
        let wereErrors = evaluation.figures["outagesCountAsErrors"] == 1
        if wereErrors != settings.outagesAsErrors {
            guard let shortOutages else { return nil }
            let sign = settings.outagesAsErrors ? 1 : -1
            long = Share(errors: long.errors + sign * outages, attempts: long.attempts + sign * outages)
            short = Share(errors: short.errors + sign * shortOutages, attempts: short.attempts + sign * shortOutages)
        }
        return Reading(
            state: .ok, long: long, short: short, outages: outages, shortOutages: shortOutages ?? 0,
            lowerBoundPercent: lowerBoundPercent(long, settings: settings), watchedSeconds: watched)
    }

    private static func share(_ evaluation: Evaluation, _ errors: String, _ attempts: String) -> Share? {
        guard let errors = evaluation.count(errors), let attempts = evaluation.count(attempts),
            (0...attempts).contains(errors)
        else { return nil }
        return Share(errors: errors, attempts: attempts)
    }
}

extension RollbackSettings.Changes {
    /// The same changes but for the windows, which stored sums are bound to.
    var withinStoredWindows: RollbackSettings.Changes {
        var changes = self
        changes.errorWindowSeconds = nil
        changes.errorShortWindowSeconds = nil
        return changes
    }
}
