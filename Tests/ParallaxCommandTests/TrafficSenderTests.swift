import ParallaxCore
import Synchronization
import Testing

@testable import parallax

@Suite struct TrafficSenderTests {
    private struct ListSource: TrafficSource {
        var requests: [OutgoingRequest]
        var failure: (any Error)?

        mutating func next() throws -> OutgoingRequest? {
            if requests.isEmpty, let failure { throw failure }
            return requests.isEmpty ? nil : requests.removeFirst()
        }

        func fraction(elapsed: Duration) -> Double? { nil }
    }

    private struct Broken: Error {}

    /// Keeps what was delivered, and how much of it at once.
    private final class Deliveries: Sendable {
        struct State {
            var ended: [(identifier: String, number: Int, instance: Int)] = []
            var underWay: [String: Int] = [:]
            var mostAtOnce = 0
            var mostOfOneClient = 0
        }
        let state = Mutex(State())

        func deliver(_ request: OutgoingRequest, _ instance: Int) async -> TrafficTally.Delivery {
            let name = request.identity.identifier
            state.withLock {
                $0.underWay[name, default: 0] += 1
                $0.mostAtOnce = max($0.mostAtOnce, $0.underWay.values.reduce(0, +))
                $0.mostOfOneClient = max($0.mostOfOneClient, $0.underWay[name]!)
            }
            for _ in 0..<(request.cost % 7) { await Task.yield() }
            state.withLock {
                $0.underWay[name]! -= 1
                $0.ended.append((name, request.cost, instance))
            }
            return request.cost.isMultiple(of: 3) ? .answered(status: 429) : .answered(status: 200)
        }
    }

    private func requests(_ count: Int, clients: Int, due: (Int) -> Duration? = { _ in nil }) throws
        -> [OutgoingRequest]
    {
        try (0..<count).map {
            OutgoingRequest(due: due($0), identity: try Identity(identifier: "client-\($0 % clients)"), cost: $0)
        }
    }

    private func sender(
        _ deliveries: Deliveries, concurrency: Int = 16,
        wait: @escaping @Sendable (Duration) async throws -> Void = { _ in }
    ) -> TrafficSender {
        TrafficSender(
            instances: 2, concurrency: concurrency, deliver: { await deliveries.deliver($0, $1) },
            elapsed: { .seconds(1) }, wait: wait)
    }

    @Test("every request is sent once, to the instances in turn")
    func roundRobin() async throws {
        let deliveries = Deliveries()
        var source = ListSource(requests: try requests(1000, clients: 37))
        let outcome = await sender(deliveries).send(&source) { _ in }
        let ended = deliveries.state.withLock { $0.ended }
        #expect(ended.map(\.number).sorted() == Array(0..<1000))
        #expect(ended.allSatisfy { $0.instance == $0.number % 2 })
        #expect(outcome.tally.sent == 1000)
        #expect(outcome.tally.answered == [200: 666, 429: 334])
        #expect(outcome.isComplete)
    }

    @Test("a client's requests stay in order, one at a time, while other clients' go on")
    func orderOfOneClient() async throws {
        let deliveries = Deliveries()
        var source = ListSource(requests: try requests(500, clients: 5))
        _ = await sender(deliveries).send(&source) { _ in }
        let state = deliveries.state.withLock { $0 }
        #expect(state.mostOfOneClient == 1)
        #expect(state.mostAtOnce > 1)
        for client in 0..<5 {
            let numbers = state.ended.filter { $0.identifier == "client-\(client)" }.map(\.number)
            #expect(numbers == numbers.sorted())
        }
    }

    @Test("no more are on their way than allowed", arguments: [1, 4])
    func bounded(concurrency: Int) async throws {
        let deliveries = Deliveries()
        var source = ListSource(requests: try requests(300, clients: 300))
        _ = await sender(deliveries, concurrency: concurrency).send(&source) { _ in }
        #expect(deliveries.state.withLock { $0.mostAtOnce } <= concurrency)
    }

    @Test("a request waits for its time, and one without a time does not")
    func pace() async throws {
        let waits = Mutex<[Duration]>([])
        let deliveries = Deliveries()
        var source = ListSource(
            requests: try requests(4, clients: 4) { $0.isMultiple(of: 2) ? .milliseconds($0 * 100) : nil })
        _ = await sender(deliveries, wait: { due in waits.withLock { $0.append(due) } }).send(&source) { _ in }
        #expect(waits.withLock { $0 } == [.zero, .milliseconds(200)])
    }

    @Test("a source that fails ends the run with what was sent and the error")
    func failingSource() async throws {
        let deliveries = Deliveries()
        var source = ListSource(requests: try requests(10, clients: 3), failure: Broken())
        let outcome = await sender(deliveries).send(&source) { _ in }
        #expect(outcome.tally.sent == 10)
        #expect(outcome.failure is Broken)
    }

    @Test("a cancelled run counts what was sent, and is not a failure")
    func cancelled() async throws {
        let deliveries = Deliveries()
        let all = try requests(10, clients: 3) { .milliseconds($0) }
        let sender = sender(deliveries) { due in if due >= .milliseconds(5) { throw CancellationError() } }
        var source = ListSource(requests: all)
        let outcome = await sender.send(&source) { _ in }
        #expect(outcome.tally.sent == 5)
        #expect(outcome.failure == nil)
        #expect(!outcome.isComplete)
    }

    @Test("progress tells how many have left")
    func progress() async throws {
        var seen: [Int] = []
        var source = ListSource(requests: try requests(5, clients: 2))
        _ = await sender(Deliveries()).send(&source) { seen.append($0.sent) }
        #expect(seen == [1, 2, 3, 4, 5])
    }
}
