/// Where evaluations, rollbacks, the latch and the baseline are kept across restarts, and where another process can
/// clear the latch.
///
/// It may be slow, locked or broken: the evaluator's driver never waits for it before it acts, and tries again.
package protocol RollbackStore: Sendable {
    /// Keeps what the triggers made of their data at one time, also if nothing fired.
    func record(_ evaluations: [Evaluation]) async throws

    /// Keeps one rollback with its evidence.
    func record(_ rollback: Rollback) async throws

    /// The latch as it is stored; a new one if there is none.
    func loadLatch() async throws -> RollbackLatch

    /// Reads the latch, changes it and stores it, in one transaction, so that two processes cannot undo each other's
    /// change. Stores nothing if the change throws.
    ///
    /// - Returns: The latch as it is now stored.
    func changeLatch(_ change: @escaping @Sendable (inout RollbackLatch) throws -> Void) async throws -> RollbackLatch

    /// The baseline as it is stored; `nil` if there is none.
    func loadBaseline() async throws -> Baseline?

    /// Replaces the stored baseline.
    func save(_ baseline: Baseline) async throws
}
