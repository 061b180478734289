import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

extension AdminClient {
    private static let client: HTTPClient = {
        var configuration = HTTPClient.Configuration()
        // Where no one listens, the caller wants to know at once.
        configuration.connectionPool.retryConnectionEstablishment = false
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    /// Sends over HTTP, and gives up when the whole answer is not there in time.
    static let overHTTP: Transport = overHTTP(timeout: .seconds(10))

    /// Sends over HTTP.
    ///
    /// - Parameter timeout: The most time from the beginning to the last byte of the answer's body.
    static func overHTTP(timeout: TimeAmount) -> Transport {
        { request in try await send(request, deadline: .now() + timeout) }
    }

    private static func send(_ request: Request, deadline: NIODeadline) async throws -> Response {
        var message = HTTPClientRequest(url: request.url)
        message.method = HTTPMethod(rawValue: request.method)
        if let authorization = request.authorization {
            message.headers.add(name: "Authorization", value: authorization)
        }
        if let body = request.body {
            message.headers.add(name: "Content-Type", value: "application/json")
            message.body = .bytes(ByteBuffer(bytes: body))
        }
        do {
            let response = try await client.execute(message, deadline: deadline)
            let body = try await collect(response.body, deadline: deadline)
            return Response(status: Int(response.status.code), body: Data(body.readableBytesView))
        } catch let failure as TransportFailure {
            throw failure
        } catch {
            throw TransportFailure(error)
        }
    }
}

extension AdminClient {
    /// The deadline of a request ends with the head of its answer: a body that does not end has to be given up here.
    private static func collect(_ body: HTTPClientResponse.Body, deadline: NIODeadline) async throws -> ByteBuffer {
        try await withThrowingTaskGroup(of: ByteBuffer?.self) { group in
            group.addTask { try await body.collect(upTo: 16 * 1024 * 1024) }
            group.addTask {
                try await Task.sleep(for: .nanoseconds(max(0, (deadline - .now()).nanoseconds)))
                return nil
            }
            defer { group.cancelAll() }
            guard let first = try await group.next(), let whole = first else { throw TransportFailure.timedOut }
            return whole
        }
    }
}
