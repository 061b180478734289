import DequeModule
package import DivergenceStore
package import ParallaxCore

/// Runs the requests of an access log through a simulation, and records what came of comparing both sides.
///
/// Works as fast as the processor and the database allow. The thread waits for the disk: not for an event loop.
package struct LogReplay {
    /// How far a replay is.
    package struct Progress: Equatable, Sendable {
        package var requests: Int
        /// From 0 to 1; `nil` if no one knows how much there is.
        package var fraction: Double?

        package init(requests: Int, fraction: Double?) {
            self.requests = requests
            self.fraction = fraction
        }
    }

    /// Between two reports of progress, in requests.
    static let stride = 4096

    package private(set) var requests: OrderedRequests
    package private(set) var simulation: Simulation
    private var recorder: BlockingRecorder
    /// Requests judged so far.
    package private(set) var judged = 0
    private var candidateFailure: (any Error)?

    package init(requests: OrderedRequests, simulation: Simulation, recorder: BlockingRecorder) {
        self.requests = requests
        self.simulation = simulation
        self.recorder = recorder
    }

    /// Why the replay ended before the log did: the log cannot be read, or the candidate does not answer.
    package var failure: (any Error)? { candidateFailure ?? requests.failure }

    /// Judges every request of the log, the candidate in memory too.
    ///
    /// - Parameter shouldContinue: Told now and then how far the replay is; says whether to go on.
    /// - Throws: ``DivergenceStoreError``. What else ends it early is told by ``failure``.
    package mutating func run(candidate: InMemoryLimiter, shouldContinue: (Progress) -> Bool = { _ in true })
        async throws
    {
        while try judge(Self.stride, candidate: candidate), shouldContinue(progress) {
            // The task that handles interruptions may need this thread.
            await Task.yield()
        }
        try recorder.flush()
    }

    /// - Returns: Whether there were so many.
    private mutating func judge(_ count: Int, candidate: InMemoryLimiter) throws -> Bool {
        for _ in 0..<count {
            guard let (identity, time) = try requests.next() else { return false }
            let trial = try simulation.judge(identity, at: time)
            let decision = candidate.judge(trial.request, at: time)
            try recorder.record(simulation.conclude(trial, candidate: decision), of: trial.instance)
            judged += 1
            if simulation.hasManyClients {
                for identity in simulation.forgetQuietClients(at: time) { candidate.reset(identity) }
            }
        }
        return true
    }

    /// Judges every request of the log, the candidate where answers come later. Many are asked at once, and concluded
    /// in their order.
    ///
    /// - Throws: ``DivergenceStoreError``. What else ends it early is told by ``failure``.
    package mutating func run(
        candidate: some PipelinedCandidate, shouldContinue: (Progress) -> Bool = { _ in true }
    ) async throws {
        var asked = PendingTrials()
        while candidateFailure == nil, let (identity, time) = try requests.next() {
            let trial = try simulation.judge(identity, at: time)
            asked.append(trial, candidate.ask(trial.request, at: time))
            if asked.count >= candidate.maximumInFlight { try await conclude(&asked, downTo: asked.count - 1) }
            if simulation.hasManyClients {
                try await conclude(&asked, downTo: 0)
                await forget(simulation.forgetQuietClients(at: time), in: candidate)
            }
            guard !trial.number.isMultiple(of: Self.stride) || shouldContinue(progress) else { break }
        }
        try await conclude(&asked, downTo: 0)
        try recorder.flush()
    }

    private mutating func conclude(_ asked: inout PendingTrials, downTo count: Int) async throws {
        while candidateFailure == nil, asked.count > count {
            let (trial, answer) = asked.removeFirst()
            guard let decision = await decision(answer) else { return }
            try recorder.record(simulation.conclude(trial, candidate: decision), of: trial.instance)
            judged += 1
        }
    }

    private mutating func decision(_ answer: PipelinedCandidate.PendingDecision) async -> Decision? {
        do {
            return try await answer()
        } catch {
            candidateFailure = error
            return nil
        }
    }

    private mutating func forget(_ identities: [Identity], in candidate: some PipelinedCandidate) async {
        do {
            try await candidate.forget(identities)
        } catch {
            candidateFailure = error
        }
    }

    private var progress: Progress { Progress(requests: judged, fraction: requests.fraction) }
}

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

extension LogReplay {
    /// Trials whose candidate has been asked, the oldest first.
    struct PendingTrials {
        private var trials: Deque<(Simulation.Trial, PipelinedCandidate.PendingDecision)> = []

        var count: Int { trials.count }

        mutating func append(_ trial: Simulation.Trial, _ answer: @escaping PipelinedCandidate.PendingDecision) {
            trials.append((trial, answer))
        }

        mutating func removeFirst() -> (Simulation.Trial, PipelinedCandidate.PendingDecision) { trials.removeFirst() }
    }
}
