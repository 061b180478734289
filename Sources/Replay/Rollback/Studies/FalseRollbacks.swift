/// How often a service that needs no rollback is rolled back all the same.
package struct FalseRollbacks: Equatable, Sendable {
    /// What the figure must be.
    package enum Bar: Equatable, Sendable {
        /// The upper confidence bound must be below this many a day.
        case below(perDay: Double)
        /// Not one in as many days, at least.
        case never(inDays: Int)
    }

    package let service: ModelledService
    package let condition: CandidateCondition
    /// When the condition held; `nil` if it lasted.
    package var loop: CrashLoop?
    /// `nil` if the figure only helps to read the others.
    package let bar: Bar?
    package let days: Int
    package let rollbacks: Int

    package var perDay: Double { Double(rollbacks) / Double(days) }
    /// The most that the days do not contradict, at 95 %.
    package var upperPerDay: Double { RareEvents.upperBound(events: rollbacks) / Double(days) }

    package var verdict: StudyVerdict? {
        switch bar {
        case .below(let most): perDay >= most ? .missed : upperPerDay < most ? .met : .undecided
        case .never(let least): rollbacks > 0 ? .missed : days >= least ? .met : .undecided
        case nil: nil
        }
    }
}
