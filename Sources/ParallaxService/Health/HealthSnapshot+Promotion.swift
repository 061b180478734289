package import ParallaxCore

/// What a promotion, a drill and alerts add to a snapshot.
extension HealthSnapshot {
    /// The watch after a promotion to `distributed_only`.
    package struct Watch: Equatable, Sendable {
        package var state: PromotionWatch.State
        package var began: Timestamp
        /// Since then, when this instance did not run or was in another strategy.
        package var unwatchedMilliseconds: Int64
        /// Who left `distributed_only` early, and when; `nil` if it was not left.
        package var brokenOffBy: String?
        package var brokenOffAt: Timestamp?
        /// What this instance saw.
        package var tally: WatchTally

        package init(_ watch: PromotionWatch, tally: WatchTally, bounds: GateSettings, now: Timestamp) {
            state = watch.state(at: now, seen: tally, bounds: bounds)
            began = watch.began.time
            let end = watch.brokenOff?.time ?? now
            unwatchedMilliseconds = watch.unwatchedMilliseconds(at: end, seen: tally)
            brokenOffBy = watch.brokenOff?.by
            brokenOffAt = watch.brokenOff?.time
            self.tally = tally
        }
    }

    /// A drill of the rollback.
    package struct Drill: Equatable, Sendable {
        package enum State: String, Sendable {
            case running
            /// It was interrupted, and the flags could not be put back yet.
            case interrupted
        }

        package var state: State
        package var by: String
        package var began: Timestamp

        package init(state: State, by: String, began: Timestamp) {
            self.state = state
            self.by = by
            self.began = began
        }
    }
}
