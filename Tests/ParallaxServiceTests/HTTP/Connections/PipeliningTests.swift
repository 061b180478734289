import Foundation
import NIOCore
import ParallaxCore
import Testing

@testable import ParallaxService

/// Requests of which one begins in the same piece as the end of the one before.
@Suite(.timeLimit(.minutes(1))) struct PipeliningTests {
    private static let wholeRequests = [
        "GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST /v1/check HTTP/1.1\r\nHost: a\r\nContent-Length: 18\r\n\r\n{\"identifier\":\"k\"}",
        "POST /v1/check HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "12\r\n{\"identifier\":\"k\"}\r\n0\r\n\r\n",
    ]

    @Test("a request that is torn anywhere, in one piece with the one before, is not changed", arguments: wholeRequests)
    func keepsTornRequests(first: String) async throws {
        let second = "GET /v1/forward-auth HTTP/1.1\r\nHost: a\r\nX-API-Key: one two\r\nConnection: close\r\n\r\n"
        try await RawService.run { service in
            for count in 1..<second.utf8.count {
                let connection = try await RawConnection(port: service.port)
                try await connection.send(first + second.prefix(count))
                _ = await connection.read(until: "}")
                try await connection.send(String(second.dropFirst(count)))
                let answers = await connection.readToEnd()
                #expect(answers.components(separatedBy: "HTTP/1.1 200 ").count == 3, "\(count): \(answers)")
                #expect(service.judge.requests.last?.identity.identifier == "one two", "\(count)")
                await connection.close()
            }
        }
    }

    @Test(
        "the beginning of a request has no longer for its rest if it came with the one before", arguments: wholeRequests
    )
    func endsSlowRests(first: String) async throws {
        try await RawService.run { service in
            let connection = try await RawConnection(port: service.port)
            try await connection.send(first + "GET /health/")
            _ = await connection.read(until: "}")
            while service.connections.count > 0 {
                service.connections.sweep(at: .now() + .seconds(11))
                await Task.yield()
            }
            #expect(await connection.readToEnd().contains("HTTP/1.1 408 "))
            await connection.close()
        }
    }

    @Test("after a request that is there in full a connection is idle", arguments: wholeRequests)
    func staysIdle(request: String) async throws {
        try await RawService.run { service in
            for count in [1, request.utf8.count - 20, request.utf8.count - 3, request.utf8.count] {
                let connection = try await RawConnection(port: service.port)
                try await connection.send(String(request.prefix(count)))
                try await connection.send(String(request.dropFirst(count)))
                _ = await connection.read(until: "}")
                service.connections.sweep(at: .now() + .seconds(11))
                try await connection.send(
                    "PURGE /v1/forward-auth HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                let answers = await connection.readToEnd()
                #expect(answers.components(separatedBy: "HTTP/1.1 200 ").count == 3, "\(count): \(answers)")
                await connection.close()
            }
        }
    }

    @Test(
        "the end of a request is known from the bytes that arrived last",
        arguments: [
            ("GET / HTTP/1.1\r\n\r\n", "", true), ("\n", "", true), ("GET / HTTP/1.1\r\n\r\nG", "", false),
            ("POST / HTTP/1.1\r\n\r\n{}", "{}", true), ("\n{}", "{}", true), ("{}", "{}", true),
            ("POST / HTTP/1.1\r\n\r\n{}G", "{}", false), ("{}GET / HTTP/1.1\r\n", "{}", false),
            // A body that ends like a head, or holds what follows it.
            ("POST / HTTP/1.1\r\n\r\na\r\n\r\nGET", "a\r\n\r\n", false),
            ("POST / HTTP/1.1\r\n\r\n\r\n\r\nGET", "\r\n\r\n", false), ("GETGET", "GET", false),
        ])
    func knowsTheEnd(bytes: String, body: String, isEnd: Bool) {
        var end = RequestEnd()
        end.headArrived(isChunked: false)
        end.bodyArrived(ByteBuffer(string: body))
        #expect(end.isEnd(of: ByteBuffer(string: bytes)) == isEnd)
    }

    @Test("a chunk that reads as the beginning of the next request does not hide it")
    func looksAtNoChunk() {
        let bytes = ByteBuffer(string: "3\r\nGET\r\n0\r\n\r\nGET")
        var end = RequestEnd()
        end.headArrived(isChunked: true)
        end.bodyArrived(ByteBuffer(string: "GET"))
        #expect(!end.isEnd(of: bytes))
    }
}
