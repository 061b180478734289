extension AlertRules {
    /// How the parts of the service are at one moment.
    package struct Inputs: Equatable, Sendable {
        /// Since the start.
        package var counts: AlertCounts
        package var strategy = Strategy.hybrid
        /// Whether callers are refused while Redis cannot decide.
        package var failsClosed = true
        /// The rollback that waits to be acknowledged; `nil` if none does.
        package var rollback: RollbackLatch.Firing?
        /// Whether the flag file could not be written, so that the rollback holds in this instance only.
        package var isHeldHereOnly = false
        package var drill: Drill?
        /// Why Redis is not healthy by its probes; `nil` while it is, or before the first.
        package var redisProblem: String?
        /// What is wrong with the flag file as it is now; `nil` if nothing is.
        package var flagFileProblem: String?
        /// Why the flag file cannot be written; `nil` if it can, as far as is known.
        package var flagWriteProblem: String?
        /// What keeps comparisons from being written; `nil` if nothing does.
        package var recorderProblem: String?
        /// Triggers that should roll back and do not.
        package var stoppedTriggers: [StoppedTrigger] = []

        package init(counts: AlertCounts = AlertCounts()) {
            self.counts = counts
        }
    }

    /// A drill that has the flags at legacy.
    package struct Drill: Equatable, Sendable {
        package let by: String
        package let reason: String
        package let time: Timestamp

        package init(by: String, reason: String, time: Timestamp) {
            self.by = by
            self.reason = reason
            self.time = time
        }
    }
}

extension AlertRules.Inputs {
    /// A trigger that should roll back and does not.
    package struct StoppedTrigger: Equatable, Sendable {
        package let key: Alert.Key
        package let summary: String

        /// A trigger that fires while the latch or the hold-off keeps it from acting.
        package static func withheld(_ evaluation: Evaluation, by latch: RollbackLatch.State) -> StoppedTrigger? {
            let why: String
            switch latch {
            case .armed: return nil
            case .latched: why = "the last rollback is not acknowledged"
            case .holdingOff(let until):
                let minutes = Int(max(0, until - evaluation.time) + 59_999) / 60_000
                why =
                    "the last rollback was acknowledged a short while ago; armed in \(NumberFormat.span(minutes: minutes))"
            }
            return StoppedTrigger(
                key: Alert.Key(name: .rollbackWithheld, trigger: evaluation.trigger),
                summary: "Nothing is rolled back: \(why). \(evaluation.sentence)")
        }

        /// A trigger that other evidence keeps from firing.
        package static func heldBack(_ evaluation: Evaluation) -> StoppedTrigger {
            StoppedTrigger(
                key: Alert.Key(name: .triggerHeldBack, trigger: evaluation.trigger), summary: evaluation.sentence)
        }

        static func description(of name: Alert.Name) -> String {
            name == .rollbackWithheld
                ? """
                No automatic rollback protects this service now. Go back by hand (parallax flags set --strategy legacy) or \
                acknowledge the last rollback. See parallax rollback history.
                """
                : """
                The trigger would fire, but other evidence shows that going back would not help. Look at what the summary \
                names.
                """
        }
    }

    /// The triggers that should roll back and do not.
    ///
    /// - Parameter strategy: What holds now. The evaluation that led to a rollback is the latest for some seconds after
    ///   it, and by then the latch holds because of that rollback: nothing was withheld.
    package static func stoppedTriggers(
        _ evaluations: [Evaluation], strategy: Strategy, latch: RollbackLatch.State, dryRun: Set<Trigger>
    ) -> [StoppedTrigger] {
        guard strategy != .legacy else { return [] }
        return evaluations.compactMap { evaluation in
            if evaluation.isHeldBack { return .heldBack(evaluation) }
            guard evaluation.state == .firing, evaluation.isInPlay, !dryRun.contains(evaluation.trigger) else {
                return nil
            }
            return .withheld(evaluation, by: latch)
        }
    }
}

extension Alert {
    static func rollback(_ firing: RollbackLatch.Firing, _ inputs: AlertRules.Inputs) -> Alert {
        let reach =
            if inputs.isHeldHereOnly {
                """
                The flag file cannot be written: only this instance is held at legacy, and limits by its own memory, which \
                multiplies each limit by the number of instances that do so
                """
            } else if inputs.strategy == .legacy {
                """
                Every instance limits by its own memory now, which multiplies each limit by the number of instances; limits \
                are no longer shared
                """
            } else {
                "The flags were set to \(inputs.strategy.rawValue) again since, over a rollback that was not acknowledged"
            }
        return Alert(
            .rollback, trigger: firing.trigger, startsAt: firing.time,
            summary: "Rolled back to legacy: \(firing.sentence)",
            description: """
                \(reach). Nothing is rolled back again until a person has acknowledged this (parallax rollback acknowledge). \
                See parallax rollback history.
                """)
    }

    static func drill(_ drill: AlertRules.Drill) -> Alert {
        Alert(
            .rollbackDrill, startsAt: drill.time, summary: "A drill of the rollback by \(drill.by)",
            description: """
                No trigger fired. The flags are at legacy for seconds and are then put back as they were. \
                Reason: \(drill.reason)
                """)
    }
}
