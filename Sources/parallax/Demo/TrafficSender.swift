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
        var flight = Flight()
        do {
            while !Task.isCancelled, let request = try source.next() {
                if let due = request.due { try await wait(due) }
                if flight.count >= concurrency { await flight.land(into: &outcome.tally) }
                flight.launch(request, to: flight.launched % instances, deliver)
                progress(position(flight, source))
            }
            outcome.isComplete = !Task.isCancelled
        } catch is CancellationError {
            // No one wants more: what was sent still counts.
        } catch {
            outcome.failure = error
        }
        while flight.count > 0 { await flight.land(into: &outcome.tally) }
        outcome.elapsed = elapsed()
        return outcome
    }

    private func position(_ flight: borrowing Flight, _ source: some TrafficSource) -> ProgressMeter.Position {
        let elapsed = elapsed()
        return ProgressMeter.Position(
            sent: flight.launched, fraction: source.fraction(elapsed: elapsed), elapsed: elapsed)
    }
}
