import NIOCore
import Testing

@testable import ParallaxService

@Suite(.timeLimit(.minutes(1))) struct ConnectionBoundTests {
    private static let request = "GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n"

    @Test("at the bound the longest idle connection gives its place to a new one")
    func evictsTheLongestIdle() async throws {
        try await RawService.run(maximumConnections: 3) { service in
            var connections: [RawConnection] = []
            for _ in 0..<3 {
                let connection = try await RawConnection(port: service.port)
                try await connection.send(Self.request)
                #expect(await connection.read(until: "live\"}").hasPrefix("HTTP/1.1 200"))
                connections.append(connection)
            }
            // The first one is used again, so that the second one is idle for longest.
            try await connections[0].send(Self.request)
            _ = await connections[0].read(until: "live\"}HTTP/1.1")
            let fourth = try await RawConnection(port: service.port)
            try await fourth.send(Self.request)
            #expect(await fourth.read(until: "live\"}").hasPrefix("HTTP/1.1 200"))
            _ = await connections[1].readToEnd()
            // The end reaches the client before the service has noted that the connection is closed.
            while service.connections.count > 3 { await Task.yield() }
            #expect(service.connections.count == 3)
            for connection in connections + [fourth] { await connection.close() }
        }
    }

    @Test("a flood of connections that send nothing keeps no caller out")
    func servesUnderFlood() async throws {
        try await RawService.run(maximumConnections: 20) { service in
            for _ in 0..<5 {
                for _ in 0..<40 { _ = try await RawConnection(port: service.port) }
                let connection = try await RawConnection(port: service.port)
                try await connection.send(Self.request)
                #expect(await connection.read(until: "live\"}").hasPrefix("HTTP/1.1 200"))
                await connection.close()
            }
            while service.connections.count > 20 { await Task.yield() }
        }
    }

    @Test(
        "a request that does not end is answered with 408 once its time is up",
        arguments: [
            "GET /health/live HTTP/1.1\r\nHo", "POST /v1/check HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{",
        ])
    func endsSlowRequests(beginning: String) async throws {
        try await RawService.run { service in
            let connection = try await RawConnection(port: service.port)
            try await connection.send(Self.request)
            _ = await connection.read(until: "live\"}")
            try await connection.send(beginning)
            let reader = Task { await connection.readToEnd() }
            // The bytes may be under way still; the time that is passed in is late enough for either.
            while !reader.isCancelled {
                service.connections.sweep(at: .now() + .seconds(11))
                if service.connections.count == 0 { break }
                await Task.yield()
            }
            #expect(await reader.value.contains("HTTP/1.1 408 "))
            await connection.close()
        }
    }

    @Test("a client that reads no answers is closed")
    func endsUnread() async throws {
        try await RawService.run { service in
            let connection = try await RawConnection(port: service.port, readsNothing: true)
            try await connection.send(String(repeating: "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n", count: 2_000))
            while service.connections.count > 0 {
                service.connections.sweep(at: .now() + .seconds(31))
                await Task.yield()
            }
            await connection.close()
        }
    }
}
