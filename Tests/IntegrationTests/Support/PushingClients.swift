import ParallaxCore
import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import ParallaxTesting

/// Clients that ask for more than their limits allow, each over connections of its own.
struct PushingClients {
    /// How many identities ask.
    let identities: Int
    /// How many requests of one identity may be under way at once.
    let callersEach: Int
    /// How long a caller waits after an answer, in milliseconds.
    let pauseMilliseconds: ClosedRange<Int>

    /// Asks the instances in turn for a while.
    ///
    /// - Returns: How many requests were answered; a service that does not answer throws.
    func push(for duration: Duration, at services: [ParallaxProcess]) async throws -> Int {
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = identities * callersEach
        let client = HTTPClient(configuration: configuration)
        do {
            let answered = try await push(until: .now + duration, at: services, through: client)
            try await client.shutdown()
            return answered
        } catch {
            try? await client.shutdown()
            throw error
        }
    }

    private func push(
        until end: ContinuousClock.Instant, at services: [ParallaxProcess], through client: HTTPClient
    ) async throws -> Int {
        try await withThrowingTaskGroup(of: Int.self) { group in
            for caller in 0..<identities * callersEach {
                group.addTask {
                    let body = "{\"identifier\":\"client-\(caller % identities)\"}"
                    var random = SplitMix64(seed: UInt64(caller))
                    var turn = caller / identities
                    var answered = 0
                    while .now < end {
                        try await Self.ask(services[turn % services.count].url, body, through: client)
                        (turn, answered) = (turn + 1, answered + 1)
                        // The clients' pace: nothing is awaited, and the service's windows are on the real clock.
                        let pause = Int.random(in: pauseMilliseconds, using: &random)
                        if pause > 0 { try await Task.sleep(for: .milliseconds(pause)) }
                    }
                    return answered
                }
            }
            return try await group.reduce(0, +)
        }
    }

    private static func ask(_ url: String, _ body: String, through client: HTTPClient) async throws {
        var request = HTTPClientRequest(url: url + "/v1/check")
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/json")
        request.body = .bytes(ByteBuffer(string: body))
        let response = try await client.execute(request, timeout: .seconds(30))
        _ = try await response.body.collect(upTo: 1 << 20)
        guard response.status == .ok || response.status == .tooManyRequests else {
            throw StrangeAnswer(status: response.status.code)
        }
    }

    private struct StrangeAnswer: Error {
        let status: UInt
    }
}
