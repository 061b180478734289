/// What the candidate has accepted from this instance alone, at the candidate's own times: with it a comparison can tell
/// this instance's units from those of others, and see that some were lost.
package final class CandidateLedger: Sendable {
    private let table: IdentityTable<SlidingLog>

    package init(bounds: MemoryBounds = MemoryBounds(), shardCount: Int = 64) {
        table = IdentityTable(bounds: bounds, shardCount: shardCount)
    }

    /// The units of each window of the policy before this decision, which is then added where it was accepted.
    ///
    /// Answers come back over several connections and not always in Redis's order. What Redis accepted after this
    /// decision is not counted; of what it accepted in the same millisecond, or just as a window ended, nobody can tell.
    ///
    /// - Parameter slackMilliseconds: How near to a window's end a unit is no longer certain to be in it.
    /// - Returns: Nothing where the candidate gave no verdict.
    package func enter(_ decision: Decision, on request: CheckRequest, slackMilliseconds: Int64) -> OwnUnits {
        guard let judgedAt = decision.judgedAt else { return OwnUnits() }
        return table.withValue(of: request.identity, at: judgedAt) { log in
            var own = OwnUnits()
            for window in request.policy.windows {
                let start = judgedAt + -window.durationMilliseconds
                own.held.append(log.units(after: start, through: judgedAt))
                own.certain.append(log.units(after: start + slackMilliseconds, through: judgedAt + -1))
            }
            if decision.isAllowed {
                log.append(request.cost, at: judgedAt, keeping: request.policy.longestDurationMilliseconds)
            }
            return own
        }
    }

    /// Forgets an identity whose units were reset in Redis.
    package func reset(_ identity: Identity) { table.remove(identity) }

    package var occupancy: MemoryOccupancy { table.occupancy }
}

/// What Redis has accepted from this instance alone, one number for each window of a policy.
package struct OwnUnits: Equatable, Sendable {
    /// Units that were in the window when the candidate judged, as far as this instance can tell.
    package var held: [Int] = []
    /// Those of them that must have been there, whatever the order in which answers came back.
    package var certain: [Int] = []

    package init(held: [Int] = [], certain: [Int] = []) {
        self.held = held
        self.certain = certain
    }
}
