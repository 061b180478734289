/// Is notified of every decision. Implemented by the recorder, the rollback evaluator and the metrics.
///
/// Called on the request's path. An observer never blocks, suspends or fails: it counts, or puts into a bounded buffer.
package protocol DecisionObserver: Sendable {
    /// A caller got its answer.
    func answered(_ answer: Answer)

    /// The candidate was asked, in `hybrid` or `distributed_only`, and answered or failed to.
    func attempted(_ candidate: Observation)

    /// Both sides judged one request, in `hybrid`.
    func compared(_ comparison: Comparison)

    /// Only control judged a request in `hybrid`, since its identity is held out.
    func heldOut(_ request: CheckRequest, _ answer: Answer)
}

extension DecisionObserver {
    package func answered(_ answer: Answer) {}
    package func attempted(_ candidate: Observation) {}
    package func compared(_ comparison: Comparison) {}
    package func heldOut(_ request: CheckRequest, _ answer: Answer) {}
}
