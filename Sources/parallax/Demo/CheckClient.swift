import AsyncHTTPClient
import CommandSupport
import NIOCore
import NIOHTTP1

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
