import CommandSupport
import RedisLimiting
import Foundation
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import parallax

@Suite struct AdminClientTests {
    private struct Answer: Decodable, Equatable {
        let value: Int
    }

    private func client(
        _ status: Int, _ body: String, seen: RequestLog = RequestLog()
    ) -> AdminClient {
        AdminClient(baseURL: "http://127.0.0.1:9", token: "secret") { request in
            seen.add(request)
            return AdminClient.Response(status: status, body: Data(body.utf8))
        }
    }

    private final class RequestLog: Sendable {
        private let requests = Mutex<[AdminClient.Request]>([])
        func add(_ request: AdminClient.Request) { requests.withLock { $0.append(request) } }
        var all: [AdminClient.Request] { requests.withLock { $0 } }
    }

    @Test("no identity can reach beyond its place in the address")
    func encodesQuery() async throws {
        let seen = RequestLog()
        let answer: Answer = try await client(200, #"{"value": 7}"#, seen: seen)
            .get("/v1/limits/status", query: [("organization", nil), ("identifier", "a b&c=d/é\n#")])
        #expect(answer == Answer(value: 7))
        #expect(
            seen.all == [
                AdminClient.Request(
                    method: "GET", url: "http://127.0.0.1:9/v1/limits/status?identifier=a%20b%26c%3Dd%2F%C3%A9%0A%23",
                    authorization: "Bearer secret")
            ])
    }

    @Test(
        "every refusal says what to do, and has an exit code of its own",
        arguments: [
            (401, "", CommandFailure.Status.notPermitted, "ADMIN_TOKEN_FILE"),
            (403, "", .notPermitted, "ADMIN_TOKEN_FILE"),
            (404, #"{"error":{"code":"admin_off","message":"no token is set"}}"#, .unavailable, "no token is set"),
            (503, #"{"error":{"code":"unavailable","message":"Redis is down"}}"#, .unavailable, "Redis is down"),
            (
                400, #"{"error":{"code":"bad","message":"the identifier is empty"}}"#, .failure,
                "the identifier is empty"
            ),
            (400, #"{"error":{"code":"bad","message":"a\nparallax: b"}}"#, .failure, #"a\u{a}parallax: b"#),
            (500, "<html>", .failure, "500"),
            (200, "<html>", .badData, "gave an unexpected answer"),
        ])
    func refusals(status: Int, body: String, exit: CommandFailure.Status, says: String) async {
        let failure = await #expect(throws: CommandFailure.self) {
            let _: Answer = try await client(status, body).get("/x", query: [])
        }
        #expect(failure?.status == exit)
        #expect(failure?.description.contains(says) == true)
        #expect(failure?.description.contains("secret") == false)
    }

    @Test(
        "if no service answers, the address and the next step are named",
        arguments: [
            (AdminClient.TransportFailure.refused, "parallax serve"), (.timedOut, "/health"),
            (.other("no route"), "no route"),
        ])
    func transport(failure: AdminClient.TransportFailure, says: String) async {
        let client = AdminClient(baseURL: "http://127.0.0.1:9", token: "t") { _ in throw failure }
        let told = await #expect(throws: CommandFailure.self) {
            let _: Answer = try await client.get("/x", query: [])
        }
        #expect(told?.status == .unavailable)
        #expect(told?.description.contains("http://127.0.0.1:9") == true)
        #expect(told?.description.contains(says) == true)
    }

    @Test("a port without a listener is a refusal over real sockets too")
    func refusedConnection() async throws {
        let port = try LoopbackPorts.find(1)[0]
        let client = AdminClient(
            baseURL: "http://127.0.0.1:\(port)", token: "t", transport: AdminClient.overHTTP)
        let told = await #expect(throws: CommandFailure.self) {
            let _: Answer = try await client.get("/x", query: [])
        }
        #expect(
            told?.message == "cannot ask http://127.0.0.1:\(port): connection refused: nothing listens there")
    }

    @Test(
        "what listens there and is not an HTTP service is said in plain words, over real sockets too",
        arguments: [
            ("http", "SSH-2.0-OpenSSH_9.6\r\n", "does not speak HTTP"),
            ("http", "-ERR wrong number of arguments\r\n", "does not speak HTTP"),
            ("https", "HTTP/1.1 400 Bad Request\r\n\r\n", "no TLS connection"),
            ("http", "", "closed the connection without an answer"),
        ])
    func otherServices(scheme: String, text: String, says: String) async throws {
        let server = try HangingServer(answering: text, thenCloses: text.isEmpty)
        let url = "\(scheme)://127.0.0.1:\(server.port)"
        let client = AdminClient(baseURL: url, token: "t", transport: AdminClient.overHTTP)
        let told = await #expect(throws: CommandFailure.self) {
            let _: Answer = try await client.get("/x", query: [])
        }
        #expect(told?.status == .unavailable)
        #expect(told?.message.hasPrefix("cannot ask \(url): ") == true)
        #expect(told?.message.contains(says) == true)
        for word in ["NIO", "Error", "(", "errno"] { #expect(told?.message.contains(word) == false) }
    }

    @Test("a host that does not exist is said in plain words")
    func unknownHost() async throws {
        let client = AdminClient(
            baseURL: "http://parallax.invalid:8080", token: "t", transport: AdminClient.overHTTP)
        let told = await #expect(throws: CommandFailure.self) {
            let _: Answer = try await client.get("/x", query: [])
        }
        #expect(told?.message == "cannot ask http://parallax.invalid:8080: no host of that name is known")
    }

    @Test("an answer whose body does not end is given up", .timeLimit(.minutes(1)))
    func endlessBody() async throws {
        let server = try HangingServer(answering: "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"value\":")
        let client = AdminClient(
            baseURL: "http://127.0.0.1:\(server.port)", token: "t",
            transport: AdminClient.overHTTP(timeout: .milliseconds(200)))
        let told = await #expect(throws: CommandFailure.self) {
            let _: Answer = try await client.get("/x", query: [])
        }
        #expect(told?.message == "cannot ask http://127.0.0.1:\(server.port): no answer in time")
        #expect(told?.status == .unavailable)
    }
}

/// Answers one connection with the beginning of an answer and says nothing more until it is let go of.
private final class HangingServer: Sendable {
    private let listener: Int32
    private let connection = Mutex<Int32>(-1)
    let port: Int

    init(answering text: String, thenCloses: Bool = false) throws {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        port = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                guard bind(listener, address, length) == 0, listen(listener, 1) == 0,
                    getsockname(listener, address, &length) == 0
                else { return 0 }
                return Int(UInt16(bigEndian: UnsafeRawPointer(address).load(as: sockaddr_in.self).sin_port))
            }
        }
        try #require(port != 0)
        Thread.detachNewThread { [weak self] in
            let accepted = accept(listener, nil, nil)
            _ = text.withCString { write(accepted, $0, strlen($0)) }
            if thenCloses {
                var request = [UInt8](repeating: 0, count: 1024)
                _ = read(accepted, &request, request.count)
                close(accepted)
                return
            }
            self?.connection.withLock { $0 = accepted }
        }
    }

    deinit {
        close(listener)
        let accepted = connection.withLock { $0 }
        if accepted >= 0 { close(accepted) }
    }
}
