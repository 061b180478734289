/// One trigger's verdict at one time, with all that it was reached from.
package struct Evaluation: Equatable, Sendable {
    package let trigger: Trigger
    package let time: Timestamp
    package let state: TriggerState
    /// Every input, bound and threshold by a name that carries its unit, such as `lowerBoundPercent`.
    package let figures: [String: Double]
    /// The verdict as one sentence with its figures, such as "error rate 7.9 % (lower bound 6.2 %, limit 5 %) over 300
    /// s, 31,482 attempts".
    package let sentence: String

    package init(trigger: Trigger, time: Timestamp, state: TriggerState, figures: [String: Double], sentence: String) {
        self.trigger = trigger
        self.time = time
        self.state = state
        self.figures = figures
        self.sentence = sentence
    }
}

extension Evaluation {
    /// The figure that is 1 if the candidate was in play and 0 in `legacy`, if there is nothing to roll back.
    package static let inPlayFigure = "candidateInPlay"
    /// The figure of response times that is 1 if a learned baseline holds, and 0 if none does.
    package static let baselineHoldsFigure = "baselineHolds"
    /// For how many seconds a baseline of response times still has to be learned, at least.
    package static let baselineSecondsLeftFigure = "baselineSecondsLeft"
    /// In how many seconds a suspicion ends that is only of the past, if nothing new happens.
    static let clearsInFigure = "clearsInSeconds"

    /// The figure that is 1 if the trigger would fire, and does not since what was seen speaks against a rollback.
    package static let heldBackFigure = "heldBack"

    /// The figure that is 1 if the trigger could fire were something wrong, and 0 if it lacks data or a baseline.
    package static let armedFigure = "armed"

    /// The same with one figure more.
    func adding(_ value: Double, as name: String) -> Evaluation {
        var figures = figures
        figures[name] = value
        return Evaluation(trigger: trigger, time: time, state: state, figures: figures, sentence: sentence)
    }

    /// Whether the candidate was in play. What was stored without that figure counts as in play.
    package var isInPlay: Bool { figures[Evaluation.inPlayFigure] != 0 }

    /// Whether the trigger could fire were something wrong; `nil` if that was not stored. In `legacy`: whether it has
    /// what it needs for the time after it. The sentence says what is missing.
    package var isArmed: Bool? { figures[Evaluation.armedFigure].map { $0 == 1 } }

    /// When a suspicion ends that is only of the past, if nothing new happens; `nil` if it is of the present.
    package var clearsAt: Timestamp? {
        figures[Evaluation.clearsInFigure].map { time + Int64(($0 * 1000).rounded(.up)) }
    }

    /// Whether the trigger would fire, if other evidence did not show that a rollback would not help.
    package var isHeldBack: Bool { figures[Evaluation.heldBackFigure] == 1 }
}

/// What a firing trigger did.
package struct Rollback: Equatable, Sendable {
    /// The evaluation that fired.
    package let evaluation: Evaluation
    /// Whether it was only recorded: the trigger runs dry, or the strategy was `legacy` already.
    package let isDryRun: Bool
    package let flagsBefore: FlagValues
    /// The same as before in a dry run.
    package let flagsAfter: FlagValues
    /// Who cleared the latch, when and why; `nil` while it holds.
    package var acknowledgement: Acknowledgement?

    package init(
        evaluation: Evaluation, isDryRun: Bool, flagsBefore: FlagValues, flagsAfter: FlagValues,
        acknowledgement: Acknowledgement? = nil
    ) {
        self.evaluation = evaluation
        self.isDryRun = isDryRun
        self.flagsBefore = flagsBefore
        self.flagsAfter = flagsAfter
        self.acknowledgement = acknowledgement
    }
}

/// A named person's word that a rollback was seen and its latch may be cleared.
package struct Acknowledgement: Codable, Equatable, Sendable {
    package let time: Timestamp
    package let by: String
    package let reason: String

    package init(time: Timestamp, by: String, reason: String) {
        self.time = time
        self.by = by
        self.reason = reason
    }
}
