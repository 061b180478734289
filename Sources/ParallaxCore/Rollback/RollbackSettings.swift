/// Thresholds and windows of the automatic rollback. The defaults are the design's.
///
/// A threshold is always strict: a value equal to it does not fire. A minimum is always inclusive: as many are enough.
package struct RollbackSettings: Equatable, Sendable {
    /// How long Redis may go without a good run before it counts as down.
    package var redisDownSeconds = 120
    /// The window over which outages are summed up: more than `redisDownSeconds` of it in all fire as one outage does.
    /// With 0, or no more than `redisDownSeconds`, each outage is judged by itself.
    package var redisDownWindowSeconds = 600
    /// Of the decisions of the short window, the share in per cent that Redis must answer to count as there although its
    /// probes fail. A brown-out answers some.
    package var answeredPercent = 95.0
    /// Successful probes in a row that make a good run: more than one, so that a lucky probe ends no brown-out.
    package var goodRunProbes = 3

    /// The share of errors, in per cent of the attempts, that is still bearable.
    package var errorRatePercent = 5.0
    /// The window over which a trigger must be sure.
    package var longWindowSeconds = 300
    /// The window over which it must still be going on.
    package var shortWindowSeconds = 60
    /// Attempts in the long window below which an error rate says nothing.
    package var minimumAttempts = 100
    /// How sure a bound is, in standard deviations: 3.0902 is 99.9 % on one side. One-sided, because only one end of
    /// each interval is ever compared.
    package var confidenceDeviations = 3.0902
    /// Whether failures of a Redis that is away are errors as well. It makes the error rate fire within a minute of
    /// an outage, and so makes the 120 s of the Redis-down trigger void.
    package var countsOutagesAsErrors = false

    /// How many times slower than the baseline is still bearable.
    package var responseTimeFactor = 2.0
    /// The quantile of response times that is compared, between 0 and 1.
    package var responseTimeQuantile = 0.95
    /// Response times in the long window below which a quantile says nothing.
    package var minimumSamples = 300
    /// A quantile at or below this is fast enough, whatever the baseline.
    package var responseTimeFloorMilliseconds = 5.0
    /// Whether slow callers fire in `hybrid` also while none of them waits for the candidate. Going back takes no wait away
    /// then: whatever slows them down is something else. A hold-out that is faster at the same time shows otherwise, and fires.
    package var firesUnwaited = false
    /// Response times of control-only traffic that make a baseline.
    package var baselineMinimumSamples = 5_000
    /// The shortest time a baseline is learned for, so that a busy service does not freeze its first seconds.
    package var baselineMinimumSeconds = 300
    /// In hybrid, the share of identities that control alone judges, in per cent; 0 for none. Where there is one, its
    /// response times are the baseline.
    package var baselineHoldoutPercent = 0.0
    /// Response times of the hold-out in the long window below which the learned baseline is taken. Fewer than some two
    /// hundred have no upper bound of their p95.
    package var holdoutMinimumSamples = 300
    /// The age at which a baseline no longer says anything about today.
    package var baselineStaleDays = 14
    /// Whether the response times that applications report can roll back: whether it is known who reports them.
    package var trustsApplicationTimes = true

    /// How often the triggers are evaluated.
    package var evaluationSeconds = 10
    /// How long nothing fires after an acknowledgement; twice as long after a second rollback within a day.
    package var holdOffSeconds = 900
    /// Triggers that decide and record, and do not flip.
    package var dryRun: Set<Trigger> = []

    /// With more, the hold-out would be the migration's larger part.
    package static let maximumHoldoutPercent = 50.0

    package init() {}
}
