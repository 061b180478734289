import AsyncHTTPClient
import CommandSupport
import Foundation
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import ParallaxCore

/// Asks a running instance over its admin routes.
struct AdminClient: Sendable {
    struct Request: Equatable, Sendable {
        var method: String
        var url: String
        /// `nil` for routes that need no token.
        var authorization: String?
        var body: Data?
    }

    struct Response: Equatable, Sendable {
        var status: Int
        var body: Data
    }

    /// Sends one request and gives the whole answer; throws ``TransportFailure`` if there is none.
    typealias Transport = @Sendable (Request) async throws -> Response

    /// Why there is no answer.
    enum TransportFailure: Error, Equatable {
        /// Nothing listens there.
        case refused
        case timedOut
        case unknownHost
        /// No way leads there.
        case unreachable
        /// No encrypted connection could be made. What listens there may not expect one.
        case insecure
        /// What listens there closed the connection instead of answering.
        case closed
        /// What listens there does not speak HTTP.
        case notHTTP
        case other(String)
    }

    let baseURL: String
    let token: String
    let transport: Transport

    func get<Answer: Decodable>(_ path: String, query: [(String, String?)]) async throws -> Answer {
        let items = query.compactMap { name, value in value.map { "\(name)=\(PercentEncoding.encode($0))" } }
        let url = baseURL + path + (items.isEmpty ? "" : "?" + items.joined(separator: "&"))
        return try decode(await send("GET", url, body: nil))
    }

    func post<Answer: Decodable>(_ path: String, body: some Encodable) async throws -> Answer {
        try decode(await send("POST", baseURL + path, body: JSONEncoder().encode(body)))
    }

    private func send(_ method: String, _ url: String, body: Data?) async throws -> Data {
        let response: Response
        do {
            response = try await transport(
                Request(method: method, url: url, authorization: "Bearer \(token)", body: body))
        } catch let failure as TransportFailure {
            throw CommandFailure(failure, at: baseURL)
        }
        guard (200..<300).contains(response.status) else { throw explain(response) }
        return response.body
    }

    private func decode<Answer: Decodable>(_ body: Data) throws -> Answer {
        do {
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            return try decoder.decode(Answer.self, from: body)
        } catch {
            throw CommandFailure(notParallax: baseURL, status: nil)
        }
    }

    /// The body of every error of the service.
    private struct ErrorBody: Decodable {
        struct Description: Decodable {
            let code: String
            let message: String
        }
        let error: Description
    }

    private func explain(_ response: Response) -> CommandFailure {
        // On one line, so that no server can write lines of its own among ours.
        let said = (try? JSONDecoder().decode(ErrorBody.self, from: response.body))?.error.message.escapedForTerminal
        switch response.status {
        case 401, 403:
            return CommandFailure(
                .notPermitted, "\(baseURL) refused the admin token",
                remedy: "Use the file that the service's setting ADMIN_TOKEN_FILE names.")
        case 404 where said == nil:
            return CommandFailure(notParallax: baseURL, status: response.status)
        case 404:
            return CommandFailure(
                .unavailable, "the admin routes of \(baseURL) are off" + (said.map { ": \($0)" } ?? ""),
                remedy: "Set ADMIN_TOKEN_FILE for the service, and start it again.")
        case 503:
            return CommandFailure(
                .unavailable, said ?? "\(baseURL) cannot reach Redis", remedy: "Look at its /health.")
        default:
            return CommandFailure(
                .failure, "\(baseURL) answered \(response.status)" + (said.map { ": \($0)" } ?? ""))
        }
    }
}

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

extension AdminClient.TransportFailure {
    init(_ error: any Error) {
        switch error {
        case let error as HTTPClientError: self.init(error)
        case let error as IOError: self = Self.named(error.errnoCode) ?? .other(error.description)
        case let error as NIOConnectionError: self.init(error)
        case is HTTPParserError: self = .notHTTP
        case is NIOSSLError, is NIOSSLExtraError, is BoringSSLError: self = .insecure
        default: self = .other("\(error)")
        }
    }

    private init(_ error: HTTPClientError) {
        switch error {
        case .connectTimeout, .deadlineExceeded, .readTimeout, .tlsHandshakeTimeout: self = .timedOut
        case .remoteConnectionClosed: self = .closed
        default: self = .other(error.shortDescription)
        }
    }

    private init(_ error: NIOConnectionError) {
        let numbers = error.connectionErrors.map { ($0.error as? IOError)?.errnoCode }
        // Of several addresses of a host, one that refuses says most.
        let known = numbers.compactMap { $0.flatMap(Self.named) }
        self =
            if known.contains(.refused) {
                .refused
            } else if let first = known.first {
                first
            } else if error.connectionErrors.isEmpty {
                .unknownHost
            } else {
                .timedOut
            }
    }

    private static func named(_ number: CInt) -> Self? {
        switch number {
        case ECONNREFUSED: .refused
        case ETIMEDOUT: .timedOut
        case EHOSTUNREACH, ENETUNREACH, EADDRNOTAVAIL, ENETDOWN: .unreachable
        case ECONNRESET, EPIPE: .closed
        default: nil
        }
    }
}

extension AdminClient.TransportFailure {
    /// What happened, in plain words.
    var reason: String {
        switch self {
        case .refused: "connection refused: nothing listens there"
        case .timedOut: "no answer in time"
        case .unknownHost: "no host of that name is known"
        case .unreachable: "no network leads there"
        case .insecure: "no TLS connection could be made"
        case .closed: "it closed the connection without an answer"
        case .notHTTP: "what listens there does not speak HTTP"
        case .other(let words): words.escapedForTerminal
        }
    }

    fileprivate var remedy: String {
        switch self {
        case .refused: "Start a service with 'parallax serve', or name the right one with --url."
        case .timedOut: "Look at its /health and its log."
        case .insecure:
            "Write http:// if it listens without TLS; else its certificate must be one that this machine trusts."
        case .closed: "Is it an HTTP service? Write https:// if it listens with TLS."
        case .unknownHost, .unreachable, .notHTTP, .other: "Correct --url, or HTTP_HOST and HTTP_PORT."
        }
    }
}

extension CommandFailure {
    /// Why an instance gave no answer: the same words in all commands.
    init(_ failure: AdminClient.TransportFailure, at url: String) {
        self.init(.unavailable, "cannot ask \(url): \(failure.reason)", remedy: failure.remedy)
    }

    /// What answers at an address is not what a command expects there.
    ///
    /// - Parameter status: The status of its answer; `nil` if only the body is not as expected.
    init(notParallax url: String, status: Int?) {
        self.init(
            .badData,
            "\(url) gave an unexpected answer" + (status.map { ", with status \($0)" } ?? ""),
            remedy: "Is it a parallax service, and of the same version as this command?")
    }
}
