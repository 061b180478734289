/// What is known of this instance's units in each window of a policy, before a request.
package struct OwnUnits: Equatable, Sendable {
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
