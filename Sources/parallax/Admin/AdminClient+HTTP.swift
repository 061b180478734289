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

    /// Sends over HTTP.
    static let overHTTP: Transport = { request in
        var message = HTTPClientRequest(url: request.url)
        message.method = HTTPMethod(rawValue: request.method)
        message.headers.add(name: "Authorization", value: request.authorization)
        if let body = request.body {
            message.headers.add(name: "Content-Type", value: "application/json")
            message.body = .bytes(ByteBuffer(bytes: body))
        }
        do {
            let response = try await client.execute(message, timeout: .seconds(10))
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
