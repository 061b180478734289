/// A rollback that is not in the flag file and holds this instance, and no other, at `legacy`.
///
/// It outlives the process with the latch, so that neither a restart nor an edit of the file undoes a rollback. It ends
/// when the latch is acknowledged, when the file says `legacy`, or when a person sets another strategy or share with a
/// command of ours.
package struct FlagHold: Codable, Equatable, Sendable {
    /// What the file said when the hold began.
    package let strategy: Strategy
    package let enforcementPercent: Double
    /// When the file's declaration said then that it was changed last; `nil` without one.
    package let declaredAt: Timestamp?

    package init(values: FlagValues, declaredAt: Timestamp?) {
        strategy = values.strategy
        enforcementPercent = values.enforcementPercent
        self.declaredAt = declaredAt
    }
}
