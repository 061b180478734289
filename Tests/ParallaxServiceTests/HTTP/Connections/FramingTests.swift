@testable import Settings
import Foundation
import ParallaxCore
import Testing

@testable import ParallaxService

/// Requests that two readers could understand differently, or that name another server than they seem to.
@Suite(.timeLimit(.minutes(1))) struct FramingTests {
    private static let chunks = "12\r\n{\"identifier\":\"k\"}\r\n0\r\n\r\n"

    /// Refused with this status and code, as the one answer before the connection closes.
    private func expectRefusal(_ request: String, _ status: Int, _ code: String) async throws {
        try await RawService.run { service in
            let answer = try await service.exchange(request)
            #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(answer)")
            #expect(answer.contains("\"code\":\"\(code)\""), "\(answer)")
            #expect(answer.lowercased().contains("\r\nconnection: close\r\n"))
            #expect(answer.components(separatedBy: "HTTP/1.1 ").count == 2)
            #expect(service.judge.requests.isEmpty)
        }
    }

    @Test(
        "a transfer coding other than chunked is not implemented",
        arguments: [
            "Transfer-Encoding: gzip, chunked", "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked",
            "Transfer-Encoding: ,chunked", "Transfer-Encoding: x", "Transfer-Encoding: ",
            "Transfer-Encoding: \r\nContent-Length: 18",
        ])
    func refusesCodings(header: String) async throws {
        for path in ["/v1/check", "/v1/forward-auth", "/health/live"] {
            try await expectRefusal(
                "POST \(path) HTTP/1.1\r\nHost: a\r\n\(header)\r\n\r\n\(Self.chunks)", 501,
                "unsupported_transfer_coding")
        }
    }

    @Test("chunked is understood in any case of letters")
    func takesChunked() async throws {
        try await RawService.run { service in
            let answer = try await service.exchange(
                "POST /v1/check HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\nConnection: close\r\n\r\n"
                    + Self.chunks)
            #expect(answer.hasPrefix("HTTP/1.1 200 "))
            #expect(service.judge.requests.count == 1)
        }
    }

    @Test(
        "HTTP/1.0 has no transfer coding, and no request has a coding and a length",
        arguments: [
            "POST /v1/check HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n",
            "POST /v1/check HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 18\r\n\r\n",
            "POST /v1/check HTTP/1.1\r\nHost: a\r\nContent-Length: 18\r\nTransfer-Encoding: chunked\r\n\r\n",
        ])
    func refusesContradictions(head: String) async throws {
        try await expectRefusal(head + Self.chunks, 400, "malformed_request")
    }

    @Test(
        "what is not in the grammar of a head or a chunk is refused",
        arguments: [
            "GET /health/live HTTP/1.1\nHost: a\n\n", "GET /health/live HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n",
            "GET /health/live HTTP/1.1\r\nHost: a\r\nX: b\0c\r\n\r\n",
            "GET /health/live HTTP/1.1\r\nHost: a\r\nX: b\rc\r\n\r\n",
            "GET /health/live HTTP/1.1\r\nHost: a\r\nX\t: b\r\n\r\n",
            "GET /health/live#part HTTP/1.1\r\nHost: a\r\n\r\n", "GET * HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET health/live HTTP/1.1\r\nHost: a\r\n\r\n", "GET ftp://a/health/live HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET http:///health/live HTTP/1.1\r\nHost: a\r\n\r\n",
            "POST /v1/check HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000012\r\n",
            "POST /v1/check HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n12;a\nb\r\n",
        ])
    func refusesOtherGrammar(request: String) async throws {
        try await expectRefusal(request, 400, "malformed_request")
    }

    @Test(
        "a Host that is not a host with perhaps a port is refused, also by the gateways' route",
        arguments: [
            "user@name", "a b", "a/b", "a:port", "a:80:1", "[::1]x", "[::1", "a:80@evil.example", "a, b", "\u{e9}",
        ])
    func refusesHosts(host: String) async throws {
        for path in ["/health/live", "/v1/forward-auth"] {
            try await expectRefusal("GET \(path) HTTP/1.1\r\nHost: \(host)\r\n\r\n", 400, "invalid_host")
        }
    }

    @Test(
        "the authority of an absolute target counts in place of Host",
        arguments: [
            ("http://a.evil.example/health/live", "a", 421), ("http://a/health/live", "evil.example", 200),
            ("HTTPS://a:443/health/live?x", "a", 200), ("http://a@evil.example/health/live", "a", 400),
            ("http://evil.example/v1/forward-auth/x", "a", 200), ("http://a?x", "a", 404),
        ])
    func readsAbsoluteTargets(target: String, host: String, status: Int) async throws {
        try await RawService.run { service in
            let answer = try await service.exchange(
                "GET \(target) HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\r\n")
            #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(answer)")
        }
    }

    @Test("an absolute target of a POST is also what a browser's origin is compared with")
    func comparesOrigins() async throws {
        try await expectRefusal(
            "POST http://b/v1/check HTTP/1.1\r\nHost: a\r\nOrigin: http://a\r\nContent-Length: 2\r\n\r\n{}", 403,
            "cross_site")
    }

    @Test("a gateway's request is judged even if its path has a fragment")
    func judgesFragments() async throws {
        try await RawService.run { service in
            let answer = try await service.exchange(
                "GET /v1/forward-auth/a#b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            #expect(answer.hasPrefix("HTTP/1.1 200 "))
        }
    }

    @Test(
        "a connection on which a client may change the protocol closes after the answer: nothing more can be read",
        arguments: [
            "GET /health/live HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n",
            "CONNECT /v1/forward-auth HTTP/1.1\r\nHost: a\r\n\r\n",
        ])
    func closesAfterUpgrades(request: String) async throws {
        try await RawService.run { service in
            let answer = try await service.exchange(request)
            #expect(answer.hasPrefix("HTTP/1.1 200 "))
            #expect(answer.lowercased().contains("\r\nconnection: close\r\n"))
        }
    }

    @Test(
        "a refused length names the bound of the route",
        arguments: [("/v1/check", 16_384), ("/v1/response-times", 262_144)])
    func namesBounds(path: String, bound: Int) async throws {
        try await RawService.run { service in
            for length in ["\(bound + 1)", "9223372036854775808"] {
                let answer = try await service.exchange(
                    "POST \(path) HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: \(length)\r\n\r\n")
                #expect(answer.hasPrefix("HTTP/1.1 413 ") && answer.contains("at most \(bound) bytes"), "\(answer)")
            }
            let whole = try await service.exchange(
                "POST \(path) HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: \(bound + 1)\r\n\r\n"
                    + String(repeating: " ", count: bound + 1))
            #expect(whole.hasPrefix("HTTP/1.1 413 ") && whole.contains("at most \(bound) bytes"), "\(whole)")
        }
    }

    @Test("a request that is not there in full when the service ends is not waited for")
    func endsHalfRequests() async throws {
        try await RawService.run { service in
            let connection = try await RawConnection(port: service.port)
            try await connection.send(
                "POST /v1/check HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 18\r\n\r\n")
            _ = await connection.read(until: "100 Continue\r\n\r\n")
            try await connection.send("{\"identifier\"")
            await service.shutDown()
            #expect(await connection.readToEnd() == "HTTP/1.1 100 Continue\r\n\r\n")
            await connection.close()
            #expect(service.judge.requests.isEmpty)
        }
    }

    @Test(
        "a replacement character that is sent as such is a character like any other",
        arguments: ["caf\u{fffd}", "\u{fffd}", "\u{ffff}\u{10ffff}"])
    func takesReplacementCharacters(key: String) async throws {
        try await RawService.run { service in
            let connection = try await RawConnection(port: service.port)
            let bytes = Array("GET /v1/forward-auth HTTP/1.1\r\nHost: a\r\nX-API-Key: \(key)\r\n\r\n".utf8)
            // In two pieces, a character torn.
            try await connection.send(Array(bytes[..<(bytes.count - 5)]))
            try await connection.send(Array(bytes[(bytes.count - 5)...]))
            #expect(await connection.read(until: "\r\n\r\n").hasPrefix("HTTP/1.1 200 "))
            await connection.close()
            #expect(service.judge.requests.map { Array($0.identity.identifier.utf8) } == [Array(key.utf8)])
        }
    }
}
