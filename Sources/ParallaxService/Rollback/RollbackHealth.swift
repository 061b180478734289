package import ParallaxCore

/// What the automatic rollback is up to, for health and for people.
package struct RollbackHealth: Equatable, Sendable {
    /// The latest evaluation of each trigger, in their order; empty before the first.
    package let evaluations: [Evaluation]
    /// Whether a rollback may take place, and if not, why.
    package let latch: RollbackLatch.State
    /// What is said of Redis while its probes fail; `nil` if it is up, or not known yet.
    package let outage: String?
    /// The latest rollback; `nil` if there never was one.
    package let lastRollback: RollbackLatch.Firing?
    /// Who cleared it; `nil` while it is latched.
    package let acknowledgement: Acknowledgement?
    /// What the baseline of every source is good for.
    package let baselines: [ResponseTimeSource: Baseline.State]
    /// Entries that could not be written to the record yet.
    package let unrecorded: Int
    /// Evaluations that never will be.
    package let droppedEvaluations: Int
    /// Whether the latch and the baseline of earlier processes have been read.
    package let isRestored: Bool
}
