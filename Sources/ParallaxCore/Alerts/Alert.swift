/// One condition that operators should be notified of, in the form that Alertmanager groups and deduplicates.
///
/// Labels tell alerts apart and are the same for as long as one lasts; figures stand in annotations.
package struct Alert: Equatable, Sendable {
    /// The raw values are labels: they never change.
    package enum Name: String, CaseIterable, Sendable {
        case rollback = "ParallaxRollback"
        /// A trigger fires, and nothing follows since an earlier rollback latches it or its hold-off lasts.
        case rollbackWithheld = "ParallaxRollbackWithheld"
        /// A trigger would fire, and other evidence shows that going back would not help.
        case triggerHeldBack = "ParallaxTriggerHeldBack"
        case redisDown = "rate_limiting_redis_down"
        case unavailableAnswers = "ParallaxUnavailableAnswers"
        case refusalRate = "rate_limiting_high_denial_rate"
        case flagFileInvalid = "ParallaxFlagFileInvalid"
        case flagFileUnwritable = "ParallaxFlagFileUnwritable"
        case recorderFailing = "ParallaxRecorderFailing"
        case rollbackDrill = "ParallaxRollbackDrill"

        package var severity: Severity {
            switch self {
            case .rollback, .rollbackWithheld, .redisDown, .unavailableAnswers, .flagFileUnwritable: .critical
            case .triggerHeldBack, .refusalRate, .flagFileInvalid, .recorderFailing: .warning
            case .rollbackDrill: .info
            }
        }
    }

    package enum Severity: String, Sendable {
        case critical
        case warning
        case info
    }

    /// What makes two alerts the same one.
    package struct Key: Hashable, Sendable {
        package let name: Name
        package let trigger: Trigger?
    }

    package let name: Name
    /// The trigger that rolled back, or would; `nil` for other alerts.
    package let trigger: Trigger?
    /// Since when it holds.
    package let startsAt: Timestamp
    /// One sentence, and what it means and asks for.
    package let summary: String
    package let description: String

    package init(
        _ name: Name, trigger: Trigger? = nil, startsAt: Timestamp, summary: String, description: String
    ) {
        self.name = name
        self.trigger = trigger
        self.startsAt = startsAt
        self.summary = summary
        self.description = description
    }

    package var key: Key { Key(name: name, trigger: trigger) }
}

/// One alert as it is told to a receiver.
package struct AlertMessage: Equatable, Sendable {
    package let alert: Alert
    /// When it ended; for one that lasts, the time at which a receiver that gets nothing more may consider it ended.
    package let endsAt: Timestamp
    package let isResolved: Bool
    /// How far the receiver's clock is ahead of this machine's, in milliseconds: the receiver judges times by its own.
    package var clockOffset: Int64 = 0

    package init(alert: Alert, endsAt: Timestamp, isResolved: Bool) {
        self.alert = alert
        self.endsAt = endsAt
        self.isResolved = isResolved
    }
}

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
