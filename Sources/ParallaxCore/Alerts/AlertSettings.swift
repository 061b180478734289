/// When alerts are raised and how they are told. Thresholds are strict: a value equal to one raises nothing.
package struct AlertSettings: Equatable, Sendable {
    /// Failed and lost connections to Redis within the short window.
    package var connectionFailures = 5
    /// How long Redis must not be healthy.
    package var redisUnhealthySeconds = 10
    /// The share of answers that had no verdict, in percent, over both windows.
    package var unavailablePercent = 5.0
    /// Of the answers that were a verdict, the share of refusals, in percent, over both windows.
    package var refusalPercent = 80.0
    /// Verdicts, or answers, in the long window below which a share says nothing.
    package var refusalMinimum = 100
    package var longWindowSeconds = 300
    package var shortWindowSeconds = 60
    /// How long a flag file or a record must fail.
    package var failureSeconds = 10
    /// How long the cause must be gone before an alert ends, so that it does not come and go.
    package var clearSeconds = 60
    /// The same of Redis: one that is up for two minutes is not crashing again and again.
    package var redisClearSeconds = 120
    /// How often an alert that lasts is told again.
    package var resendInterval = 60
    /// The longest pause after failed attempts.
    package var longestPauseSeconds = 60

    package init() {}

    /// How long after the last repetition a receiver considers an alert ended: as many repetitions may be lost.
    package var endsAheadMilliseconds: Int64 { 4 * Int64(resendInterval) * 1000 }
}
