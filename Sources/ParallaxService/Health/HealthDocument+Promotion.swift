import ParallaxCore

/// What a promotion, a drill and alerts add to the body of `/health`.
extension HealthDocument {
    struct Watch: Encodable {
        struct Alarm: Encodable {
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
        let brokenOffBy: String?
        let brokenOffAt: String?
        /// Triggers that were suspect or firing, each with its worst.
        let alarms: [Alarm]
        let answers: Int
        let unavailable: Int
        let alerts: [String: Int]

        init(_ watch: HealthSnapshot.Watch) {
            ofSeconds = PromotionWatch.milliseconds / 1000
            state = watch.state.name
            elapsedSeconds = watch.state.elapsedMilliseconds / 1000
            unwatchedSeconds = watch.unwatchedMilliseconds / 1000
            began = watch.began.textInHealth
            brokenOffBy = watch.brokenOffBy
            brokenOffAt = watch.brokenOffAt?.textInHealth
            alarms = watch.tally.alarms.map {
                Alarm(
                    trigger: $0.trigger.rawValue, state: $0.state.rawValue, at: $0.time.textInHealth,
                    sentence: $0.sentence)
            }
            answers = watch.tally.answers
            unavailable = watch.tally.unavailable
            alerts = watch.tally.alerts
        }
    }

    /// Whether an automatic rollback can take place.
    struct Rollback: Encodable {
        /// `armed`, `latched` or `holding_off`.
        let state: String
        /// While it holds off: until when.
        let until: String?

        init(_ latch: RollbackLatch.State) {
            switch latch {
            case .armed: (state, until) = ("armed", nil)
            case .latched: (state, until) = ("latched", nil)
            case .holdingOff(let end): (state, until) = ("holding_off", end.textInHealth)
            }
        }
    }

    struct Drill: Encodable {
        let state: String
        let by: String
        let began: String

        init(_ drill: HealthSnapshot.Drill) {
            state = drill.state.rawValue
            by = drill.by
            began = drill.began.textInHealth
        }
    }

    struct Alerts: Encodable {
        let firing: [String]
        let receivers: Int
        let delivered: Int
        let failures: Int
        let waiting: Int
        let problem: String?

        init(_ alerts: AlertHealth) {
            firing = alerts.firing.map(\.rawValue)
            receivers = alerts.receivers
            delivered = alerts.delivered
            failures = alerts.failures
            waiting = alerts.waiting
            problem = alerts.problem
        }
    }
}
