/// What the candidate has accepted from this instance alone, at the candidate's own times: with it a comparison can tell
/// this instance's units from those of others, and see that some were lost.
package final class CandidateLedger: Sendable {
    private let table: IdentityTable<SlidingLog>

    package init(bounds: MemoryBounds = MemoryBounds(), shardCount: Int = 64) {
        table = IdentityTable(bounds: bounds, shardCount: shardCount)
    }

    /// The units of each window of the policy before this decision, which is then added where it was accepted.
    ///
    /// - Returns: One number a window, or nothing where the candidate gave no verdict.
    package func enter(_ decision: Decision, on request: CheckRequest) -> [Int] {
        guard let judgedAt = decision.judgedAt else { return [] }
        return table.withValue(of: request.identity, at: judgedAt) { log in
            let own = request.policy.windows.map { log.units(within: $0.durationMilliseconds, at: judgedAt) }
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
