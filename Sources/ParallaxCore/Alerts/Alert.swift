/// One condition that somebody should hear of, in the form that Alertmanager groups and deduplicates.
///
/// Labels tell alerts apart and are the same for as long as one lasts; figures stand in annotations.
package struct Alert: Equatable, Sendable {
    /// The raw values are labels: they never change.
    package enum Name: String, CaseIterable, Sendable {
        case rollback = "ParallaxRollback"
        case redisConnectionFailures = "ParallaxRedisConnectionFailures"
        case refusalRate = "ParallaxRefusalRate"
        case rollbackDrill = "ParallaxRollbackDrill"

        package var severity: Severity {
            switch self {
            case .rollback, .redisConnectionFailures: .critical
            case .refusalRate: .warning
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
    /// The trigger that rolled back; `nil` for other alerts.
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
    /// When it ended; for one that lasts, the time at which a receiver that hears nothing more may take it for over.
    package let endsAt: Timestamp
    package let isResolved: Bool

    package init(alert: Alert, endsAt: Timestamp, isResolved: Bool) {
        self.alert = alert
        self.endsAt = endsAt
        self.isResolved = isResolved
    }
}
