import Foundation
import ParallaxCore
import Testing

@testable import ParallaxService

@Suite(.timeLimit(.minutes(1))) struct ProtocolTests {
    private static let body = #"{"identifier":"k"}"#

    private static func check(_ headers: String, body: String = body) -> String {
        "POST /v1/check HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.utf8.count)\r\n\(headers)\r\n\(body)"
    }

    @Test(
        "a connection closes after the answer if the client asked so, in any case of letters, or speaks HTTP/1.0",
        arguments: [
            "GET /health/live HTTP/1.0\r\n\r\n", "GET /health/live HTTP/1.1\r\nHost: a\r\nConnection: Close\r\n\r\n",
            "GET /health/live HTTP/1.1\r\nHost: a\r\nConnection: foo, CLOSE\r\n\r\n", check("Connection: close\r\n"),
        ])
    func closes(request: String) async throws {
        try await RawService.run { service in
            let answer = try await service.exchange(request)
            #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(answer.lowercased().contains("\r\nconnection: close\r\n"))
        }
    }

    @Test("HTTP/1.0 that asks to keep the connection is told that it is kept")
    func keepsOldConnections() async throws {
        try await RawService.run { service in
            let request = "GET /health/live HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
            let connection = try await RawConnection(port: service.port)
            try await connection.send(request)
            let first = await connection.read(until: "}")
            #expect(first.lowercased().contains("\r\nconnection: keep-alive\r\n"))
            try await connection.send("GET /health/live HTTP/1.0\r\n\r\n")
            #expect(await connection.readToEnd().contains("connection: close"))
            await connection.close()
        }
    }

    @Test("a client that waits for 100 Continue gets it, and one that is refused gets the refusal instead")
    func continues() async throws {
        try await RawService.run { service in
            let connection = try await RawConnection(port: service.port)
            try await connection.send(
                "POST /v1/check HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 18\r\n\r\n")
            #expect(await connection.read(until: "\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n")
            try await connection.send(Self.body)
            #expect(await connection.read(until: "allowed").contains("HTTP/1.1 200 OK\r\n"))
            await connection.close()
            let large = try await service.exchange(
                "POST /v1/check HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 99999999\r\n\r\n")
            #expect(large.hasPrefix("HTTP/1.1 413 "))
            let early = try await service.exchange(
                "POST /v1/forward-auth HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n")
            #expect(early.hasPrefix("HTTP/1.1 200 OK\r\n"))
        }
    }

    @Test(
        "what is not HTTP is the client's error, and ends the connection",
        arguments: [
            "POST /v1/check HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            "POST /v1/response-times HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            "nonsense\r\n\r\n",
            "POST /v1/check HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n123456",
            "GET /v1/forward-auth/caf\u{e9} HTTP/1.1\r\nHost: a\r\n\r\n", "GET /health HTTP/2.0\r\nHost: a\r\n\r\n",
            "GET /health HTTP/1.1\r\nHost : a\r\n\r\n",
        ])
    func refusesNonsense(request: String) async throws {
        try await RawService.run { service in
            let answer = try await service.exchange(request)
            #expect(answer.hasPrefix("HTTP/1.1 400 Bad Request\r\n"), "\(answer)")
            #expect(answer.contains(#"{"error":{"code":"malformed_request","#))
            #expect(answer.components(separatedBy: "HTTP/1.1 ").count == 2)
            #expect(service.judge.requests.isEmpty)
        }
    }

    @Test("what is not HTTP, cut short or too large is not a line in the log")
    func logsNoNonsense() async throws {
        let log = CapturedLog()
        let trailers = String(repeating: "T: \(String(repeating: "t", count: 9_000))\r\n", count: 100)
        try await RawService.run(log: log) { service in
            let before = log.lines.count
            for path in ["/v1/check", "/v1/response-times"] {
                let head = "POST \(path) HTTP/1.1\r\nHost: a\r\n"
                let chunked = head + "Transfer-Encoding: chunked\r\n\r\n"
                let nonsense = try await service.exchange(chunked + "zz\r\n")
                #expect(nonsense.hasPrefix("HTTP/1.1 400 "))
                let cut = try await service.exchange(head + "Content-Length: 99\r\n\r\n{", closingOutput: true)
                #expect(cut.hasPrefix("HTTP/1.1 400 "))
                let large = try await service.exchange(chunked + "2\r\n{}\r\n0\r\n" + trailers + "\r\n")
                #expect(large.hasPrefix("HTTP/1.1 431 "))
            }
            #expect(log.lines.count == before, "\(log.lines)")
        }
    }

    @Test("a body that ends too early is refused, even if it is JSON so far")
    func refusesCutBodies() async throws {
        try await RawService.run { service in
            let request = "POST /v1/check HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\n" + Self.body
            let answer = try await service.exchange(request, closingOutput: true)
            #expect(answer.hasPrefix("HTTP/1.1 400 "))
            #expect(service.judge.requests.isEmpty)
        }
    }

    @Test("headers beyond the bounds get 431 in the form of all errors", arguments: [1, 200])
    func refusesLargeHeaders(count: Int) async throws {
        try await RawService.run { service in
            let value = String(repeating: "c", count: count == 1 ? 17_000 : 2)
            let headers = (0..<count).map { "X-\($0): \(value)\r\n" }.joined()
            let answer = try await service.exchange("GET /v1/forward-auth HTTP/1.1\r\nHost: a\r\n\(headers)\r\n")
            #expect(answer.hasPrefix("HTTP/1.1 431 "))
            #expect(answer.contains("headers_too_large"))
        }
    }

    @Test("HTTP/1.1 wants one Host", arguments: ["", "Host: a\r\nHost: b\r\n"])
    func wantsHost(headers: String) async throws {
        try await RawService.run { service in
            let answer = try await service.exchange("GET /v1/forward-auth HTTP/1.1\r\n\(headers)X-API-Key: k\r\n\r\n")
            #expect(answer.hasPrefix("HTTP/1.1 400 ") && answer.contains("missing_host"))
        }
    }

    @Test(
        "a gateway's request is judged whatever its method",
        arguments: ["PURGE", "M-SEARCH", "MKCALENDAR", "FOO", "VERSION-CONTROL", "x.y!", "QUERY", "OPTIONS", "TRACE"])
    func judgesEveryMethod(method: String) async throws {
        try await RawService.run { service in
            let connection = try await RawConnection(port: service.port)
            let request = "\(method) /v1/forward-auth/a/b?c#d HTTP/1.1\r\nHost: shop.example\r\nX-API-Key: k\r\n\r\n"
            // In two pieces, the method torn.
            try await connection.send(String(request.prefix(1)))
            try await connection.send(String(request.dropFirst(1)))
            #expect(await connection.read(until: "\r\n\r\n").hasPrefix("HTTP/1.1 200 OK\r\n"))
            try await connection.send(request.replacing("\r\n\r\n", with: "\r\nConnection: close\r\n\r\n"))
            _ = await connection.readToEnd()
            await connection.close()
            #expect(service.judge.requests.count == 2)
        }
    }

    @Test("an unknown method of a known path gets 405 with Allow", arguments: ["PURGE", "FOO", "GET"])
    func refusesMethods(method: String) async throws {
        try await RawService.run { service in
            let answer = try await service.exchange(
                "\(method) /v1/check HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            #expect(answer.hasPrefix("HTTP/1.1 405 "))
            #expect(answer.lowercased().contains("\r\nallow: post\r\n"))
        }
    }

    @Test("an answer that lets a gateway's request pass has no body")
    func hasNoBody() async throws {
        try await RawService.run { service in
            let answer = try await service.exchange(
                "GET /v1/forward-auth HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            #expect(answer.lowercased().contains("\r\ncontent-length: 0\r\n"))
            #expect(answer.hasSuffix("\r\n\r\n"))
        }
    }

    @Test("requests in one piece are answered in their order")
    func pipelines() async throws {
        try await RawService.run { service in
            let answer = try await service.exchange(
                Self.check("") + Self.check("") + "GET /health/live HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
                    + Self.check(""))
            #expect(answer.components(separatedBy: "HTTP/1.1 200 OK").count == 4)
            #expect(service.judge.requests.count == 2)
        }
    }

    @Test("a rest of a body is not read after an early answer, and the connection closes")
    func doesNotDrain() async throws {
        try await RawService.run { service in
            for request in [
                "POST /v1/forward-auth HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999\r\n\r\nx",
                "PUT /v1/check HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999\r\n\r\nx",
                "POST /v1/check HTTP/1.1\r\nHost: a\r\nContent-Length: 99999\r\n\r\n"
                    + String(repeating: "x", count: 20_000),
            ] {
                let answer = try await service.exchange(request)
                #expect(answer.lowercased().contains("\r\nconnection: close\r\n"))
            }
        }
    }

    @Test(
        "a browser's page of another origin cannot post",
        arguments: [
            "Origin: http://evil.example\r\n", "Origin: null\r\n", "Sec-Fetch-Site: cross-site\r\n",
            "Sec-Fetch-Site: same-site\r\n", "origin: http://a:81\r\n",
        ])
    func refusesOtherOrigins(headers: String) async throws {
        try await RawService.run { service in
            for path in ["/v1/check", "/v1/response-times", "/v1/rollback/acknowledge"] {
                let answer = try await service.exchange(
                    "POST \(path) HTTP/1.1\r\nHost: a\r\n\(headers)Content-Length: 2\r\n\r\n{}")
                #expect(answer.hasPrefix("HTTP/1.1 403 ") && answer.contains("cross_site"))
            }
            #expect(service.judge.requests.isEmpty)
        }
    }

    @Test("the service's own pages and clients that are not browsers can post")
    func takesOwnOrigins() async throws {
        try await RawService.run { service in
            for headers in ["", "Origin: http://a\r\nSec-Fetch-Site: same-origin\r\n", "Sec-Fetch-Site: none\r\n"] {
                let answer = try await service.exchange(Self.check(headers + "Connection: close\r\n"))
                #expect(answer.hasPrefix("HTTP/1.1 200 "))
            }
        }
    }

    @Test(
        "a public name must be listed; addresses and private names need not be",
        arguments: [
            ("www.evil.example", false), ("www.evil.example:8080", false), ("parallax.example", true),
            ("parallax.example.", true), ("parallax.local", true), ("parallax.home.arpa:80", true),
            ("parallax.corp", true), ("a.parallax.lan", true), ("PARALLAX.shop.svc.cluster.local.", true),
            ("localhost.", true), (".local", false), ("evil..local", false), (".", false),
            ("PARALLAX.example:8080", true), ("localhost:8080", true), ("parallax", true), ("10.1.2.3:8080", true),
            ("[::1]:8080", true), ("parallax.shop.svc", true), ("parallax.shop.svc.cluster.local", true),
            ("shop.internal", true), ("evil.example.", false), ("127.0.0.1.evil.example", false), ("", false),
        ])
    func knowsItsNames(host: String, isKnown: Bool) async throws {
        // Whether a browser sent it makes no difference.
        let headers = ["", "Accept-Language: en\r\n", "Origin: http://\(host)\r\nSec-Fetch-Site: same-origin\r\n"]
        try await RawService.run(hosts: ["parallax.example"]) { service in
            for header in headers {
                let answer = try await service.exchange(
                    "GET /health/live HTTP/1.1\r\nHost: \(host)\r\n\(header)Connection: close\r\n\r\n")
                #expect(answer.hasPrefix(isKnown ? "HTTP/1.1 200 " : "HTTP/1.1 421 "), "\(answer)")
            }
            let gateway = try await service.exchange(
                "GET /v1/forward-auth HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\r\n")
            #expect(gateway.hasPrefix("HTTP/1.1 200 "))
        }
    }

    @Test("a name of two labels, as of a cluster's service and its namespace, is refused to browsers only")
    func knowsServices() async throws {
        let get = "GET /health/live HTTP/1.1\r\nHost: parallax.ratelimit:8080\r\n"
        let post = "POST /v1/check HTTP/1.1\r\nHost: parallax.ratelimit:8080\r\nContent-Length: 18\r\n"
        let requests = [
            (get, 200), (post, 200),
            // As fetch() of Node.js sends it.
            (post + "Accept-Language: *\r\nSec-Fetch-Mode: cors\r\n", 200),
            // What a browser sends for a page of the same name over plain HTTP, and over TLS.
            (get + "Accept-Language: *\r\n", 421), (get + "Sec-Fetch-Site: same-origin\r\n", 421),
            (get + "Origin: http://parallax.ratelimit:8080\r\n", 421),
            (post + "Origin: http://parallax.ratelimit:8080\r\n", 421), (post + "Origin: null\r\n", 421),
        ]
        try await RawService.run { service in
            for (request, status) in requests {
                // On a connection on which a program was accepted, too.
                let connection = try await RawConnection(port: service.port)
                try await connection.send(get + "\r\n")
                _ = await connection.read(until: "\"}")
                let body = request.hasPrefix("POST") ? Self.body : ""
                try await connection.send(request + "Connection: close\r\n\r\n" + body)
                let answers = await connection.readToEnd()
                #expect(answers.contains("}HTTP/1.1 \(status) "), "\(request): \(answers)")
                if status == 421 { #expect(answers.contains("HTTP_ALLOWED_HOSTS")) }
                await connection.close()
            }
        }
    }

    @Test(
        "a HEAD request is answered without a body, also if it is refused",
        arguments: [
            ("/health/live", "Host: a", 200), ("/health/live", "Host: www.evil.example", 421),
            ("/none", "Host: a", 404),
            ("/v1/check", "Host: a", 405), ("/v1/limits/status", "Host: a", 404), ("/metrics", "", 400),
            ("/health/live", "Host: a\r\nTransfer-Encoding: gzip", 501), ("/v1/forward-auth", "Host: a/b", 400),
        ])
    func answersHead(path: String, header: String, status: Int) async throws {
        try await RawService.run { service in
            let headers = header.isEmpty ? "" : header + "\r\n"
            let answer = try await service.exchange(
                "HEAD \(path) HTTP/1.1\r\n\(headers)Connection: close\r\n\r\n")
            #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(answer)")
            #expect(answer.lowercased().contains("content-length: "))
            #expect(answer.hasSuffix("\r\n\r\n"), "\(answer)")
        }
    }

    @Test(
        "a key whose bytes are not UTF-8 is refused: two of them would be one identity", arguments: [0xe8, 0xe9, 0xff])
    func refusesOtherEncodings(byte: UInt8) async throws {
        try await RawService.run { service in
            let connection = try await RawConnection(port: service.port)
            let request = Array("GET /v1/forward-auth HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-API-Key: caf".utf8)
            try await connection.send(request + [byte] + Array("\r\n\r\n".utf8))
            let answer = await connection.readToEnd()
            #expect(answer.hasPrefix("HTTP/1.1 400 ") && answer.contains("invalid_header"))
            await connection.close()
            #expect(service.judge.requests.isEmpty)
        }
    }
}
