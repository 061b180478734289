import CommandSupport
import ParallaxCore
import Foundation

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
