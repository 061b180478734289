import ParallaxCore

/// The requests that are on their way, or wait until the last one of the same client was answered.
struct Flight {
    private struct Landing: Sendable {
        let identity: Identity
        let number: Int
        let delivery: TrafficTally.Delivery
    }

    /// Requests that were ever launched.
    private(set) var launched = 0
    /// Requests that have not landed yet.
    private(set) var count = 0
    /// Each client's newest request.
    private var newest: [Identity: (number: Int, task: Task<Void, Never>)] = [:]
    private let landings: AsyncStream<Landing>
    private let landed: AsyncStream<Landing>.Continuation

    init() {
        (landings, landed) = AsyncStream<Landing>.makeStream()
    }

    /// Sends a request as soon as the same client's requests before it were answered.
    mutating func launch(_ request: OutgoingRequest, to instance: Int, _ deliver: @escaping TrafficSender.Deliver) {
        let (number, before, landed) = (launched, newest[request.identity]?.task, landed)
        launched += 1
        count += 1
        let task = Task {
            await before?.value
            let delivery = await deliver(request, instance)
            landed.yield(Landing(identity: request.identity, number: number, delivery: delivery))
        }
        newest[request.identity] = (number, task)
    }

    /// In a task of its own: a stream ends for a task that is cancelled, and what is on its way lands all the same.
    private func nextLanding() async -> Landing? {
        await Task { [landings] in await landings.first { _ in true } }.value
    }

    /// Waits until the next request was answered, and counts it.
    mutating func land(into tally: inout TrafficTally) async {
        guard let landing = await nextLanding() else { preconditionFailure("the stream of landings never ends") }
        count -= 1
        tally.count(landing.delivery)
        if newest[landing.identity]?.number == landing.number { newest[landing.identity] = nil }
    }
}
