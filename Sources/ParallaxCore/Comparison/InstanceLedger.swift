/// What the two sides have accepted from only this instance: with it a comparison can tell this instance's units from
/// those of others, see that some were lost, and see that the sides had parted before.
package final class InstanceLedger: Sendable {
    private let table: IdentityTable<IdentityLedger>

    package init(bounds: MemoryBounds = MemoryBounds(), shardCount: Int = 64) {
        table = IdentityTable(bounds: bounds, shardCount: shardCount)
    }

    /// Notes that the candidate is being asked: until the answer is entered, it may hold these units without this
    /// instance knowing.
    package func begin(_ request: CheckRequest, at time: Timestamp) {
        table.withValue(of: request.identity, at: time) { $0.begin(request) }
    }

    /// Adds what these decisions accepted, and gives the units of each window of the policy before that, if they
    /// differ.
    ///
    /// Answers come back over several connections and not always in Redis's order. What Redis accepted after this
    /// decision is not counted; of what it accepted in the same millisecond, or just as a window ended, no one can
    /// tell.
    ///
    /// - Parameters:
    ///   - time: The instance's time of the request, by which control judged.
    ///   - tolerances: How near to a window's end a unit is no longer certain to be in it, and how far the candidate's
    ///     clock may step back before that is not a late answer.
    ///   - knownSince: Since when every decision of this instance was entered.
    ///   - kind: How the decisions differ; `nil` if they do not, which is nearly always, and then nothing is counted.
    /// - Returns: Nothing if nothing is to be explained.
    package func enter(
        _ request: CheckRequest, at time: Timestamp, control: Decision, candidate: Decision,
        tolerances: ComparisonTolerances, knownSince: Timestamp = Timestamp(milliseconds: .min),
        explaining kind: DivergenceKind?
    ) -> InstanceUnits {
        let since = table.lastEviction(of: request.identity).map { max($0, knownSince) } ?? knownSince
        return table.withValue(of: request.identity, at: time) { account in
            account.end(request)
            account.noteClock(candidate, on: request, at: time, tolerances)
            account.lookForOthers(in: candidate, on: request, at: time, knownSince: since, tolerances)
            defer { account.enter(request, at: time, control: control, candidate: candidate) }
            guard let kind else { return InstanceUnits() }
            return account.units(before: candidate, on: request, at: time, explaining: kind, tolerances)
        }
    }

    /// Forgets an identity whose units were reset.
    package func reset(_ identity: Identity) { table.remove(identity) }

    /// Forgets identities whose units were reset.
    package func reset(_ scope: ResetScope) { table.removeAll(in: scope) }

    package var occupancy: MemoryOccupancy { table.occupancy }
}

/// What is known of this instance's units in each window of a policy, before a request.
package struct InstanceUnits: Equatable, Sendable {
    /// Units that the candidate accepted and that were in the window when it judged, as far as this instance can tell;
    /// those of requests that Redis may have accepted without anyone hearing of it included.
    package var held: [Int] = []
    /// Units that the candidate accepted and certainly held no longer, whatever the order in which answers came back.
    package var lost: [Int] = []
    /// Units that only control accepted.
    package var controlOnly: [Int] = []
    /// Units that only the candidate accepted.
    package var candidateOnly: [Int] = []
    /// Units that the sides may have judged in another order, or of which one side may have counted what the other no
    /// longer did.
    package var inReach: [Int] = []
    /// Whether the candidate's clock stepped while this instance watched it.
    package var clockHasStepped = false
    /// Whether either clock stepped within the longest window.
    package var clockHasSteppedLately = false
    /// Whether Redis was seen to hold units of the identity that this instance did not send, within the longest window.
    package var hasSeenOthers = false
    /// What the candidate would have said, had there been no other units than `held`; `nil` if no one asked.
    package var outcome: Decision.Outcome?
    /// What control would have said, had it accepted what the candidate accepted from here, each unit at its own time.
    package var controlOutcome: Decision.Outcome?

    package init(
        held: [Int] = [], lost: [Int] = [], controlOnly: [Int] = [], candidateOnly: [Int] = [],
        hasSeenOthers: Bool = false, outcome: Decision.Outcome? = nil, controlOutcome: Decision.Outcome? = nil
    ) {
        self.held = held
        self.lost = lost
        self.controlOnly = controlOnly
        self.candidateOnly = candidateOnly
        self.hasSeenOthers = hasSeenOthers
        self.outcome = outcome
        self.controlOutcome = controlOutcome
    }

    /// Makes room at once: arrays that grow from one element to the next cost more than what they hold.
    mutating func reserve(_ windows: Int) {
        held.reserveCapacity(windows)
        lost.reserveCapacity(windows)
        controlOnly.reserveCapacity(windows)
        candidateOnly.reserveCapacity(windows)
    }
}
