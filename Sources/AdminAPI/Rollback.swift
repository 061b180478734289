package import ParallaxCore

/// Who asks, and why: the body of `POST /v1/rollback/acknowledge` and of `POST /v1/rollback/drill`.
package struct ReasonedRequest: Codable, Sendable {
    package let by: String
    package let reason: String

    package init(by: String, reason: String) {
        self.by = by
        self.reason = reason
    }
}

/// The answer of `POST /v1/rollback/acknowledge`: the triggers whose rollbacks were acknowledged.
package struct AcknowledgementAnswer: Codable, Equatable, Sendable {
    /// The names of the triggers: a newer service may know more of them than the command.
    package let acknowledged: [String]
    /// Until when nothing is rolled back automatically; left out if it can be at once, and by earlier versions.
    package let holdOffUntil: Timestamp?

    package init(acknowledged: [Trigger], holdOffUntil: Timestamp? = nil) {
        self.acknowledged = acknowledged.map(\.rawValue)
        self.holdOffUntil = holdOffUntil
    }
}

/// The answer of `POST /v1/rollback/drill`, after the flip. Times are milliseconds since the Unix epoch.
package struct DrillStartAnswer: Codable, Sendable {
    package let began: Timestamp
    /// When the instance puts the flags back by itself.
    package let until: Timestamp

    package init(began: Timestamp, until: Timestamp) {
        self.began = began
        self.until = until
    }
}

/// The answer of `POST /v1/rollback/drill/end`, after the way back.
package struct DrillEndAnswer: Codable, Sendable {
    /// `restored`, `changed_by_others`, `taken_over` or `failed`.
    package let outcome: String
    /// What failed, with the remedy.
    package let problem: String?

    package init(outcome: String, problem: String? = nil) {
        self.outcome = outcome
        self.problem = problem
    }
}

/// The body of `POST /v1/rollback/drill/record`: what the caller of a drill saw.
package struct DrillRecordRequest: Codable, Sendable {
    private enum CodingKeys: String, CodingKey {
        case appliedMs = "applied_ms"
        case restoredMs = "restored_ms"
        case instances
        case heard
    }

    package let appliedMs: Int64
    package let restoredMs: Int64
    package let instances: Int
    /// The names of the instances watched; left out by earlier versions of the command.
    package let heard: [String]?

    package init(appliedMs: Int64, restoredMs: Int64, instances: Int, heard: [String]) {
        self.appliedMs = appliedMs
        self.restoredMs = restoredMs
        self.instances = instances
        self.heard = heard
    }
}

/// The answer of `POST /v1/rollback/drill/record`: the drill as it was recorded.
package struct DrillRecordAnswer: Codable, Sendable {
    package let time: Timestamp
    package let appliedMs: Int64?
    package let restoredMs: Int64?
    package let instances: Int?
    package let heard: [String]?
    /// The instances that share the flag file and were not watched.
    package let unheard: [String]?

    package init(_ drill: RollbackDrill) {
        time = drill.time
        appliedMs = drill.appliedMilliseconds
        restoredMs = drill.restoredMilliseconds
        instances = drill.instances
        heard = drill.heard
        unheard = drill.unheard
    }
}
