/// A stored evaluation as other settings would have made it.
package enum Rejudgement: Equatable, Sendable {
    case evaluation(Evaluation)
    /// The stored figures do not hold what these settings need.
    case unknown
}

extension Evaluation {
    /// Judges the same figures again, by the code that judged them, with some settings changed.
    ///
    /// Whatever is not changed stays as it was at the time: the figures hold the thresholds next to the counts. Without
    /// any change the state is therefore the stored one. Windows and times of evaluation are always the stored ones.
    package func rejudged(with changes: RollbackSettings.Changes) -> Rejudgement {
        let rejudged: Evaluation? =
            switch trigger {
            case .redisDown: RedisDownTrigger.rejudge(self, changes)
            case .errorRate: ErrorRateTrigger.rejudge(self, changes)
            case .responseTime: ResponseTimeTrigger.rejudge(self, changes)
            }
        return rejudged.map(Rejudgement.evaluation) ?? .unknown
    }

    /// The same figures under another state, with the sentence that goes with it.
    ///
    /// - Parameter isHeldBack: Whether the trigger would fire, if other evidence did not speak against it.
    func with(_ state: TriggerState, isHeldBack: Bool = false, sentence: String) -> Evaluation {
        var figures = figures
        figures[Evaluation.heldBackFigure] = isHeldBack ? 1 : nil
        return Evaluation(trigger: trigger, time: time, state: state, figures: figures, sentence: sentence)
    }

    /// A figure that is a count; `nil` if it is missing or none.
    func count(_ name: String) -> Int? {
        figures[name].flatMap { Int(exactly: $0) }
    }
}
