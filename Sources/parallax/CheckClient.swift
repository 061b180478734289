import AsyncHTTPClient
import CommandSupport
import Foundation
import NIOCore
import NIOHTTP1
import ParallaxCore

/// Sends checks to instances over connections that are kept.
struct CheckClient: Sendable {
    private let client: HTTPClient
    private let addresses: [String]

    /// Runs `body` with a client for these instances, and closes its connections afterwards.
    static func with<Result>(
        _ instances: [DemoInstance], concurrency: Int, _ body: (CheckClient) async throws -> Result
    ) async throws -> Result {
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = concurrency
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.timeout.connect = .seconds(5)
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        do {
            let result = try await body(CheckClient(client: client, addresses: instances.map(\.url)))
            try await client.shutdown()
            return result
        } catch {
            try? await client.shutdown()
            throw error
        }
    }

    /// Puts one request to an instance.
    func deliver(_ request: OutgoingRequest, to instance: Int) async -> TrafficTally.Delivery {
        var message = HTTPClientRequest(url: addresses[instance] + "/v1/check")
        message.method = .POST
        message.headers.add(name: "Content-Type", value: "application/json")
        message.body = .bytes(ByteBuffer(bytes: request.makeBody()))
        return await answer(to: message)
    }

    /// Whether an instance says that it is ready.
    func isReady(_ instance: Int) async -> Bool {
        await answer(to: HTTPClientRequest(url: addresses[instance] + "/health/ready")) == .answered(status: 200)
    }

    private func answer(to message: HTTPClientRequest) async -> TrafficTally.Delivery {
        do {
            let response = try await client.execute(message, timeout: .seconds(10))
            // Only a connection whose answer was read to its end can be used again.
            _ = try await response.body.collect(upTo: 1_048_576)
            return .answered(status: Int(response.status.code))
        } catch {
            return .failed(AdminClient.TransportFailure(error).reason)
        }
    }
}

/// One request that the demonstration sends.
struct OutgoingRequest: Equatable, Sendable {
    /// When it is due, since the run began; `nil` for as soon as there is room.
    let due: Duration?
    let identity: Identity
    let cost: Int

    /// The body of `POST /v1/check`.
    func makeBody() -> Data {
        let body = Body(organization: identity.organization, identifier: identity.identifier, cost: cost)
        // Strings and a number always encode.
        return try! JSONEncoder().encode(body)
    }

    private struct Body: Encodable {
        let organization: String
        let identifier: String
        let cost: Int
    }
}

/// What came back for what was sent.
struct TrafficTally: Equatable, Sendable {
    /// The result of one request.
    enum Delivery: Hashable, Sendable {
        /// The service answered with this status.
        case answered(status: Int)
        /// No answer came, for this reason.
        case failed(String)
    }

    private(set) var sent = 0
    private(set) var answered: [Int: Int] = [:]
    private(set) var failed: [String: Int] = [:]

    mutating func count(_ delivery: Delivery) {
        sent += 1
        switch delivery {
        case .answered(let status): answered[status, default: 0] += 1
        case .failed(let reason): failed[reason, default: 0] += 1
        }
    }

    /// The counts for people.
    func lines(elapsed: Duration) -> [String] {
        let seconds = max(0.001, elapsed / .seconds(1))
        var table = TextTable([.left, .right, .right])
        for (status, count) in answered.sorted(by: { $0.key < $1.key }) {
            table.add(
                "\(status)\(TrafficTally.meaning(of: status))", NumberFormat.count(count),
                NumberFormat.share(count, of: sent))
        }
        for (reason, count) in failed.sorted(by: { $0.key < $1.key }) {
            table.add(
                "no answer: \(reason.escapedForTerminal)", NumberFormat.count(count),
                NumberFormat.share(count, of: sent))
        }
        let pace = NumberFormat.count(Int(Double(sent) / seconds))
        return [
            "Sent \(NumberFormat.count(sent)) requests in \(NumberFormat.span(seconds: Int(seconds))), \(pace) a second"
        ]
            + table.lines()
    }

    private static func meaning(of status: Int) -> String {
        switch status {
        case 200: " allowed"
        case 429: " limited"
        case 503: " unavailable"
        case 400: " refused as malformed"
        default: ""
        }
    }
}
