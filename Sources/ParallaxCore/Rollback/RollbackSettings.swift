/// Thresholds and windows of the automatic rollback. The defaults are the design's.
///
/// A threshold is always strict: a value equal to it does not fire. A minimum is always inclusive: as many are enough.
package struct RollbackSettings: Equatable, Sendable {
    /// How long Redis may go without a good run before it counts as down.
    package var redisDownSeconds = 120
    /// The window over which outages are summed up: more than `redisDownSeconds` of it in all fire as one outage does.
    /// With 0, or no more than `redisDownSeconds`, each outage is judged by itself.
    package var redisDownWindowSeconds = 600
    /// Of the decisions of the short window, the share in per cent that Redis must answer to count as there although
    /// its probes fail. A brown-out answers some.
    package var answeredPercent = 95.0
    /// Successful probes in a row that make a good run: more than one, so that a lucky probe ends no brown-out.
    package var goodRunProbes = 3

    /// The share of errors, in per cent of the attempts, that is still bearable.
    package var errorRatePercent = 5.0
    /// The window over which a trigger must be sure.
    package var errorWindowSeconds = 300
    /// The window over which it must still be going on.
    package var errorShortWindowSeconds = 60
    /// Attempts in the long window below which an error rate says nothing.
    package var errorMinimum = 100
    /// How sure a bound is, in standard deviations: 3.0902 is 99.9 % on one side. One-sided, because only one end of
    /// each interval is ever compared.
    package var confidenceDeviations = 3.0902
    /// Whether failures of a Redis that is away are errors as well. It makes the error rate fire within a minute of
    /// an outage, and so makes the 120 s of the Redis-down trigger void.
    package var outagesAsErrors = false

    /// How many times slower than the baseline is still bearable.
    package var responseTimeFactor = 2.0
    /// The quantile of response times that is compared, between 0 and 1.
    package var responseTimeQuantile = 0.95
    /// Response times in the long window below which a quantile says nothing.
    package var responseTimeMinimum = 300
    /// A quantile at or below this is fast enough, whatever the baseline.
    package var responseTimeFloorMilliseconds = 5.0
    /// Whether slow callers fire in `hybrid` also while none of them waits for the candidate. Going back takes no wait
    /// away then: whatever slows them down is something else. A hold-out that is faster at the same time shows
    /// otherwise, and fires.
    package var responseTimeUnwaited = false
    /// Response times of control-only traffic that make a baseline.
    package var baselineMinimumSamples = 5_000
    /// The shortest time a baseline is learned for, so that a busy service does not freeze its first seconds.
    package var baselineMinimumSeconds = 300
    /// In hybrid, the share of identities that only control judges, in per cent; 0 for none. Where there is one, its
    /// response times are the baseline.
    package var baselineHoldoutPercent = 0.0
    /// Response times of the hold-out in the long window below which the learned baseline is taken. Fewer than some two
    /// hundred have no upper bound of their p95.
    package var holdoutMinimumSamples = 300
    /// The age at which a baseline no longer says anything about today.
    package var baselineStaleDays = 14
    /// Whether the response times that applications report can roll back: whether it is known who reports them.
    package var trustsApplicationTimes = true

    /// How often the triggers are evaluated, in seconds.
    package var evaluationInterval = 10
    /// How long nothing fires after an acknowledgement; twice as long after a second rollback within a day.
    package var holdOffSeconds = 900
    /// Triggers that decide and record, and do not flip.
    package var dryRun: Set<Trigger> = []

    /// With more, the hold-out would be the migration's larger part.
    package static let maximumHoldoutPercent = 50.0

    package init() {}
}

/// The settings that can be tried in a simulation, under the names of its options.
extension RollbackSettings: Encodable {
    private enum CodingKeys: String, CodingKey {
        case redisDownSeconds, redisDownWindowSeconds, errorRatePercent, errorWindowSeconds, errorShortWindowSeconds
        case errorMinimum, outagesAsErrors, responseTimeFactor, responseTimeMinimum, responseTimeFloorMilliseconds
        case responseTimeUnwaited, evaluationInterval
    }
}

extension RollbackSettings {
    /// Settings to try instead of others; `nil` leaves one as it is.
    package struct Changes: Equatable, Sendable {
        package var redisDownSeconds: Int?
        package var redisDownWindowSeconds: Int?
        package var errorRatePercent: Double?
        package var errorWindowSeconds: Int?
        package var errorShortWindowSeconds: Int?
        package var errorMinimum: Int?
        package var outagesAsErrors: Bool?
        package var responseTimeFactor: Double?
        package var responseTimeMinimum: Int?
        package var responseTimeFloorMilliseconds: Double?
        package var responseTimeUnwaited: Bool?
        package var evaluationInterval: Int?

        package init() {}
    }

    /// The same settings with some changed; not validated.
    package func applying(_ changes: Changes) -> RollbackSettings {
        var settings = self
        settings.redisDownSeconds = changes.redisDownSeconds ?? redisDownSeconds
        settings.redisDownWindowSeconds = changes.redisDownWindowSeconds ?? redisDownWindowSeconds
        settings.errorRatePercent = changes.errorRatePercent ?? errorRatePercent
        settings.errorWindowSeconds = changes.errorWindowSeconds ?? errorWindowSeconds
        settings.errorShortWindowSeconds = changes.errorShortWindowSeconds ?? errorShortWindowSeconds
        settings.errorMinimum = changes.errorMinimum ?? errorMinimum
        settings.outagesAsErrors = changes.outagesAsErrors ?? outagesAsErrors
        settings.responseTimeFactor = changes.responseTimeFactor ?? responseTimeFactor
        settings.responseTimeMinimum = changes.responseTimeMinimum ?? responseTimeMinimum
        settings.responseTimeFloorMilliseconds =
            changes.responseTimeFloorMilliseconds ?? responseTimeFloorMilliseconds
        settings.responseTimeUnwaited = changes.responseTimeUnwaited ?? responseTimeUnwaited
        settings.evaluationInterval = changes.evaluationInterval ?? evaluationInterval
        return settings
    }
}

extension RollbackSettings.Changes {
    /// What a stored evaluation cannot tell about these changes, each as a sentence; empty if it can tell all.
    ///
    /// It holds the sums over its own two windows at its own time, so other windows and other times are beyond it.
    package var beyondStoredEvidence: [String] {
        var reasons: [String] = []
        if errorWindowSeconds != nil || errorShortWindowSeconds != nil || redisDownWindowSeconds != nil {
            reasons.append("windows of other lengths: only the sums over the windows of that time are stored")
        }
        if evaluationInterval != nil {
            reasons.append("another interval between evaluations: nothing is stored between evaluations")
        }
        return reasons
    }
}

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
            problem("errorWindowSeconds", errorWindowSeconds, 1...3_600),
            problem("errorShortWindowSeconds", errorShortWindowSeconds, 1...3_600),
            problem("errorMinimum", errorMinimum, 1...1_000_000_000),
            problem("confidenceDeviations", confidenceDeviations, above: 0, below: 10),
            problem("responseTimeFactor", responseTimeFactor, above: 1, below: 1_000),
            problem("responseTimeQuantile", responseTimeQuantile, above: 0, below: 1),
            problem("responseTimeMinimum", responseTimeMinimum, 1...1_000_000_000),
            problem("responseTimeFloorMilliseconds", responseTimeFloorMilliseconds, above: -1, below: 60_000),
            problem("baselineMinimumSamples", baselineMinimumSamples, 1...1_000_000_000),
            problem("baselineMinimumSeconds", baselineMinimumSeconds, 0...604_800),
            problem("baselineHoldoutPercent", baselineHoldoutPercent, 0...RollbackSettings.maximumHoldoutPercent),
            problem("holdoutMinimumSamples", holdoutMinimumSamples, 1...1_000_000_000),
            problem("baselineStaleDays", baselineStaleDays, 1...365),
            problem("evaluationInterval", evaluationInterval, 1...300),
            problem("holdOffSeconds", holdOffSeconds, 0...604_800),
        ].compactMap { $0 }
    }

    private var fittingProblems: [RollbackSettingsError.Problem] {
        guard errorShortWindowSeconds > errorWindowSeconds else { return [] }
        return [
            .init(
                setting: "errorShortWindowSeconds",
                message: "is \(errorShortWindowSeconds); it must not exceed errorWindowSeconds, \(errorWindowSeconds)")
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

/// What is wrong with rollback settings: all of it at once.
package struct RollbackSettingsError: Error, Equatable, CustomStringConvertible {
    /// One setting's fault.
    package struct Problem: Equatable, Sendable {
        /// The name of the property, such as `errorRatePercent`.
        package let setting: String
        /// What is wrong and what would be right.
        package let message: String
    }

    package let problems: [Problem]

    package var description: String {
        problems.map { "\($0.setting) \($0.message)" }.joined(separator: "; ")
    }
}
