import DequeModule
package import ParallaxCore

/// A candidate whose answers come later, such as a real Redis. What is asked first is judged first.
package protocol PipelinedCandidate {
    /// Waits for one answer.
    ///
    /// - Throws: Whatever makes it useless to go on.
    typealias PendingDecision = () async throws -> Decision

    /// The most requests without an answer.
    var maximumInFlight: Int { get }

    /// Asks without waiting.
    func ask(_ request: CheckRequest, at now: Timestamp) -> PendingDecision

    /// Drops what is kept of identities without any units left.
    func forget(_ identities: [Identity]) async throws
}

/// Trials whose candidate has been asked, the oldest first.
struct AskedTrials {
    private var trials: Deque<(Simulation.Trial, PipelinedCandidate.PendingDecision)> = []

    var count: Int { trials.count }

    mutating func append(_ trial: Simulation.Trial, _ answer: @escaping PipelinedCandidate.PendingDecision) {
        trials.append((trial, answer))
    }

    mutating func removeFirst() -> (Simulation.Trial, PipelinedCandidate.PendingDecision) { trials.removeFirst() }
}
