import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix

extension AdminClient {
    private static let client: HTTPClient = {
        var configuration = HTTPClient.Configuration()
        // Where nobody listens, whoever asks wants to know at once.
        configuration.connectionPool.retryConnectionEstablishment = false
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    /// Sends over HTTP, and gives up if the answer is not whole after 10 s.
    static let overHTTP: Transport = makeHTTP(timeout: .seconds(10))

    /// Sends over HTTP, and gives up if the answer is not whole in time, its body included.
    static func makeHTTP(timeout: Duration) -> Transport {
        { request in
            try await withThrowingTaskGroup(of: Response.self) { group in
                group.addTask { try await exchange(request) }
                group.addTask {
                    try await Task.sleep(for: timeout)
                    throw TransportFailure.timedOut
                }
                defer { group.cancelAll() }
                guard let response = try await group.next() else { throw TransportFailure.timedOut }
                return response
            }
        }
    }

    private static func exchange(_ request: Request) async throws -> Response {
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
            let response = try await client.execute(message, deadline: .distantFuture)
            let body = try await response.body.collect(upTo: 16 * 1024 * 1024)
            return Response(status: Int(response.status.code), body: Data(body.readableBytesView))
        } catch {
            throw TransportFailure(error)
        }
    }
}

extension AdminClient.TransportFailure {
    init(_ error: any Error) {
        switch error {
        case let error as HTTPClientError where error == .connectTimeout || error == .deadlineExceeded:
            self = .timedOut
        case let error as IOError where error.errnoCode == ECONNREFUSED: self = .refused
        case let error as NIOConnectionError
        where error.connectionErrors.contains { ($0.error as? IOError)?.errnoCode == ECONNREFUSED }:
            self = .refused
        default: self = .other("\(error)")
        }
    }
}

extension CommandFailure {
    /// Why an instance gave no answer.
    init(_ failure: AdminClient.TransportFailure, at url: String) {
        switch failure {
        case .refused:
            self.init(
                .unavailable, "nothing listens at \(url)",
                remedy: "Start a service with 'parallax serve', or name the right one with --url.")
        case .timedOut:
            self.init(
                .unavailable, "\(url) did not answer in time", remedy: "Look at its /health and its log.")
        case .other(let reason):
            self.init(.unavailable, "\(url) cannot be asked: \(reason)")
        }
    }
}
