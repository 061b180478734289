extension RollbackSettings {
    /// Checks that every setting lies in its range and that they fit together.
    ///
    /// - Throws: ``RollbackSettingsError`` with every fault found.
    package func validate() throws(RollbackSettingsError) {
        let problems = rangeProblems + fittingProblems
        if !problems.isEmpty { throw RollbackSettingsError(problems: problems) }
    }

    private var rangeProblems: [RollbackSettingsError.Problem] {
        [
            problem("redisDownSeconds", redisDownSeconds, 1...86_400),
            problem("redisDownWindowSeconds", redisDownWindowSeconds, 0...3_600),
            problem("answeredPercent", answeredPercent, 50...100),
            problem("goodRunProbes", goodRunProbes, 1...100),
            problem("errorRatePercent", errorRatePercent, above: 0, below: 100),
            problem("longWindowSeconds", longWindowSeconds, 1...3_600),
            problem("shortWindowSeconds", shortWindowSeconds, 1...3_600),
            problem("minimumAttempts", minimumAttempts, 1...1_000_000_000),
            problem("confidenceDeviations", confidenceDeviations, above: 0, below: 10),
            problem("responseTimeFactor", responseTimeFactor, above: 1, below: 1_000),
            problem("responseTimeQuantile", responseTimeQuantile, above: 0, below: 1),
            problem("minimumSamples", minimumSamples, 1...1_000_000_000),
            problem("responseTimeFloorMilliseconds", responseTimeFloorMilliseconds, above: -1, below: 60_000),
            problem("baselineMinimumSamples", baselineMinimumSamples, 1...1_000_000_000),
            problem("baselineMinimumSeconds", baselineMinimumSeconds, 0...604_800),
            problem("baselineHoldoutPercent", baselineHoldoutPercent, 0...RollbackSettings.maximumHoldoutPercent),
            problem("holdoutMinimumSamples", holdoutMinimumSamples, 1...1_000_000_000),
            problem("baselineStaleDays", baselineStaleDays, 1...365),
            problem("evaluationSeconds", evaluationSeconds, 1...300),
            problem("holdOffSeconds", holdOffSeconds, 0...604_800),
        ].compactMap { $0 }
    }

    private var fittingProblems: [RollbackSettingsError.Problem] {
        guard shortWindowSeconds > longWindowSeconds else { return [] }
        return [
            .init(
                setting: "shortWindowSeconds",
                message: "is \(shortWindowSeconds); it must not exceed longWindowSeconds, \(longWindowSeconds)")
        ]
    }

    private func problem(
        _ setting: String, _ value: Int, _ range: ClosedRange<Int>
    ) -> RollbackSettingsError.Problem? {
        if range.contains(value) { return nil }
        return .init(
            setting: setting, message: "is \(value); it must be from \(range.lowerBound) to \(range.upperBound)")
    }

    private func problem(
        _ setting: String, _ value: Double, _ range: ClosedRange<Double>
    ) -> RollbackSettingsError.Problem? {
        if range.contains(value) { return nil }
        return .init(
            setting: setting, message: "is \(value); it must be from \(range.lowerBound) to \(range.upperBound)")
    }

    private func problem(
        _ setting: String, _ value: Double, above: Double, below: Double
    ) -> RollbackSettingsError.Problem? {
        // A NaN is in no range, so it is refused here as well.
        if value > above && value < below { return nil }
        return .init(setting: setting, message: "is \(value); it must be above \(above) and below \(below)")
    }
}
