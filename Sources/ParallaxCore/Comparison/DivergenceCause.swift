/// Why two verdicts differ: what would have to change for them to agree. The cases stand in the order in which they
/// are asked, and the first that fits is the cause. The raw values are stored and shown: they never change.
package enum DivergenceCause: String, CaseIterable, Sendable {
    /// The verdict flips if either side is judged a few milliseconds earlier or later.
    case boundary
    /// Redis holds fewer units than it has accepted, counting only this instance's.
    case lostWrites = "lost_writes"
    /// Without the units that Redis holds and this instance did not send, the sides agree.
    case otherInstances = "other_instances"
    /// Earlier in the window the two sides accepted different units: a follow-on of an earlier divergence.
    case carriedOver = "carried_over"
    /// Control's memory of this identity is younger than the window.
    case restart
    /// Control dropped this identity to stay within its bound.
    case eviction
    /// Redis's clock and this instance's differ by more than the tolerance, or one of them stepped. Asked first if a
    /// side found its newest unit ahead of its clock.
    case clockSkew = "clock_skew"
    /// Control does not use the sliding log.
    case algorithm
    /// The two sides were held to different policies.
    case policy
    /// None of these: what a reviewer looks at first.
    case unexplained
}
