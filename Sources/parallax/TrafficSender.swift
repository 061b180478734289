import ParallaxCore
import Simulation

/// Sends requests to several instances in turn, in the order of their source.
///
/// At most `concurrency` are on their way. A client's next request leaves only when its last one was answered, so that
/// each client's requests are judged in the order in which they stand, whichever instance they go to.
struct TrafficSender: Sendable {
    /// Sends one request to the instance of this number, and waits for the answer.
    typealias Deliver = @Sendable (_ request: OutgoingRequest, _ instance: Int) async -> TrafficTally.Delivery

    /// The result of a run.
    struct Outcome {
        var tally = TrafficTally()
        var elapsed: Duration = .zero
        /// Whether the source was sent to its end.
        var isComplete = false
        /// Why the source ended before its end.
        var failure: (any Error)?
    }

    let instances: Int
    let concurrency: Int
    let deliver: Deliver
    /// Tells how long the run has lasted.
    let elapsed: @Sendable () -> Duration
    /// Waits until the run has lasted this long; throws when the run is cancelled.
    let wait: @Sendable (Duration) async throws -> Void

    /// Sends until the source ends or the task is cancelled. What is on its way then is waited for.
    func send(_ source: inout some TrafficSource, progress: (ProgressMeter.Position) -> Void) async -> Outcome {
        var outcome = Outcome()
        var inFlight = InFlightRequests()
        do {
            while !Task.isCancelled, let request = try source.next() {
                if let due = request.due { try await wait(due) }
                if inFlight.count >= concurrency { await inFlight.finishOne(into: &outcome.tally) }
                inFlight.launch(request, to: inFlight.launched % instances, deliver)
                progress(position(inFlight, source))
            }
            outcome.isComplete = !Task.isCancelled
        } catch is CancellationError {
            // No one wants more: what was sent still counts.
        } catch {
            outcome.failure = error
        }
        while inFlight.count > 0 { await inFlight.finishOne(into: &outcome.tally) }
        outcome.elapsed = elapsed()
        return outcome
    }

    private func position(_ inFlight: borrowing InFlightRequests, _ source: some TrafficSource)
        -> ProgressMeter.Position
    {
        let elapsed = elapsed()
        return ProgressMeter.Position(
            sent: inFlight.launched, fraction: source.fraction(elapsed: elapsed), elapsed: elapsed)
    }
}

extension TrafficSender {
    /// The requests that are on their way, or wait until the last one of the same client was answered.
    struct InFlightRequests {
        private struct Completion: Sendable {
            let identity: Identity
            let number: Int
            let delivery: TrafficTally.Delivery
        }

        /// Requests that were ever launched.
        private(set) var launched = 0
        /// Requests that have not completed yet.
        private(set) var count = 0
        /// Each client's newest request.
        private var newest: [Identity: (number: Int, task: Task<Void, Never>)] = [:]
        private let completions: AsyncStream<Completion>
        private let completed: AsyncStream<Completion>.Continuation

        init() {
            (completions, completed) = AsyncStream<Completion>.makeStream()
        }

        /// Sends a request as soon as the same client's requests before it were answered.
        mutating func launch(_ request: OutgoingRequest, to instance: Int, _ deliver: @escaping TrafficSender.Deliver) {
            let (number, before, completed) = (launched, newest[request.identity]?.task, completed)
            launched += 1
            count += 1
            let task = Task {
                await before?.value
                let delivery = await deliver(request, instance)
                completed.yield(Completion(identity: request.identity, number: number, delivery: delivery))
            }
            newest[request.identity] = (number, task)
        }

        /// In a task of its own: a stream ends for a task that is cancelled, and what is on its way lands all the same.
        private func nextCompletion() async -> Completion? {
            await Task { [completions] in await completions.first { _ in true } }.value
        }

        /// Waits until the next request was answered, and counts it.
        mutating func finishOne(into tally: inout TrafficTally) async {
            guard let completion = await nextCompletion() else {
                preconditionFailure("the stream of completions never ends")
            }
            count -= 1
            tally.count(completion.delivery)
            if newest[completion.identity]?.number == completion.number { newest[completion.identity] = nil }
        }
    }
}

/// Where the demonstration's requests come from, in their order.
protocol TrafficSource {
    /// The next request; `nil` at the end.
    mutating func next() throws -> OutgoingRequest?
    /// From 0 to 1; `nil` if no one knows how much there is.
    func fraction(elapsed: Duration) -> Double?
}

/// Modelled traffic at its natural pace.
struct ModelledSource: TrafficSource {
    private let duration: Duration
    private var requests: ModelledTraffic.Iterator

    init(seed: UInt64, seconds: Int) {
        duration = .seconds(seconds)
        requests = ModelledTraffic(seed: seed, durationMilliseconds: Int64(seconds) * 1000).makeIterator()
    }

    mutating func next() -> OutgoingRequest? {
        requests.next().map {
            OutgoingRequest(
                due: .milliseconds($0.offsetMilliseconds), identity: $0.identity, cost: $0.cost)
        }
    }

    func fraction(elapsed: Duration) -> Double? { elapsed / duration }
}

/// The requests of an access log, in its order: its own times are history.
struct LogSource: TrafficSource {
    private let reader: AccessLogReader
    /// Requests a second; `nil` for as fast as they are answered.
    private let rate: Double?
    private var count = 0

    init(reader: AccessLogReader, rate: Double?) {
        self.reader = reader
        self.rate = rate
    }

    var tally: AccessLogTally { reader.tally }

    mutating func next() throws -> OutgoingRequest? {
        guard let entry = try reader.next() else { return nil }
        defer { count += 1 }
        return OutgoingRequest(
            due: rate.map { .seconds(Double(count) / $0) }, identity: try Identity(identifier: entry.client), cost: 1)
    }

    func fraction(elapsed: Duration) -> Double? { nil }
}
