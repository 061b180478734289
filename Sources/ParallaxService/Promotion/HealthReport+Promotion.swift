package import ParallaxCore

extension HealthReport {
    /// The watch after a promotion to `distributed_only`.
    struct SoakStatus: Encodable, Equatable, Sendable {
        struct Alarm: Encodable, Equatable, Sendable {
            let trigger: String
            let state: String
            let at: String
            let sentence: String
        }

        let state: String
        let began: String
        let elapsedSeconds: Int64
        let ofSeconds: Int64
        /// Since it began, when this instance did not run or was in another strategy.
        let unwatchedSeconds: Int64
        /// Who left `distributed_only` early, and when; `nil` if it was not left.
        let brokenOffBy: String?
        let brokenOffAt: String?
        /// Triggers that were suspect or firing, each with its worst.
        let alarms: [Alarm]
        let answers: Int
        let unavailable: Int
        let alerts: [String: Int]

        /// - Parameter tally: What this instance saw.
        init(_ watch: SoakPeriod, tally: SoakTally, bounds: GateSettings, now: Timestamp) {
            let state = watch.state(at: now, seen: tally, bounds: bounds)
            self.state = state.name
            elapsedSeconds = state.elapsedMilliseconds / 1000
            ofSeconds = SoakPeriod.milliseconds / 1000
            began = watch.began.time.iso8601Seconds
            unwatchedSeconds = watch.unwatchedMilliseconds(at: watch.brokenOff?.time ?? now, seen: tally) / 1000
            brokenOffBy = watch.brokenOff?.by
            brokenOffAt = watch.brokenOff?.time.iso8601Seconds
            alarms = tally.alarms.map {
                Alarm(
                    trigger: $0.trigger.rawValue, state: $0.state.rawValue, at: $0.time.iso8601Seconds,
                    sentence: $0.sentence)
            }
            answers = tally.answers
            unavailable = tally.unavailable
            alerts = tally.alerts
        }
    }

    /// A drill of the rollback.
    struct Drill: Equatable, Sendable {
        enum State: String, Encodable, Sendable {
            case running
            /// It was interrupted, and the flags could not be put back yet.
            case interrupted
        }

        var state: State
        var by: String
        var began: Timestamp
    }
}

extension HealthReport.Drill: Encodable {
    private enum CodingKeys: String, CodingKey {
        case state, by, began
    }

    func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(state, forKey: .state)
        try fields.encode(by, forKey: .by)
        try fields.encode(began.iso8601Seconds, forKey: .began)
    }
}

/// `armed`, `latched`, or `holding_off` with the end of it.
extension RollbackLatch.State: Encodable {
    private enum CodingKeys: String, CodingKey {
        case state, until
    }

    package func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .armed: try fields.encode("armed", forKey: .state)
        case .latched: try fields.encode("latched", forKey: .state)
        case .holdingOff(let end):
            try fields.encode("holding_off", forKey: .state)
            try fields.encode(end.iso8601Seconds, forKey: .until)
        }
    }
}
