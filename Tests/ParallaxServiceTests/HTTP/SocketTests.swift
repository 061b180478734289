import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import ParallaxCore
import Testing

@testable import ParallaxService

/// The same routes behind a real socket: what the test router has not.
@Suite struct SocketTests {
    private func run(
        _ judge: ScriptedJudge, trustedProxies: [CIDR] = [],
        _ test: @escaping @Sendable (any TestClientProtocol) async throws -> Void
    ) async throws {
        let door = Door(
            judge: judge, policies: PolicyBook(standard: .standard), isProduction: false, failsOpen: { false })
        let endpoints = Endpoints(
            door: door,
            identification: CallerIdentification(addresses: ClientAddress(trustedProxies: trustedProxies)),
            health: ScriptedHealth(), metrics: DecisionMetrics())
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let app = Application(
            router: makeRouter(endpoints), server: .bounded(ConnectionBounds(), metrics: HTTPMetrics()),
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)), logger: logger)
        try await app.test(.live) { try await test($0) }
    }

    @Test("the address of the other end is the client's")
    func seesThePeer() async throws {
        let judge = ScriptedJudge.allowing()
        try await run(judge) { client in
            let response = try await client.get("/v1/forward-auth", [.forwardedFor: "203.0.113.7"])
            #expect(response.status == .ok)
        }
        #expect(judge.requests.map(\.identity.identifier) == ["127.0.0.1"])
    }

    @Test("a connection goes on after a HEAD, a refused request and an answer without a body")
    func keepsConnections() async throws {
        let judge = ScriptedJudge.allowing()
        try await run(judge, trustedProxies: [CIDR("127.0.0.0/8")!]) { client in
            for _ in 0..<2 {
                let head = try await client.execute(uri: "/v1/forward-auth", method: .head)
                #expect(head.status == .ok)
                let refused = try await client.check("x")
                #expect(refused.status == .badRequest)
                let passed = try await client.execute(
                    uri: "/v1/forward-auth/upload", method: .put, headers: [.forwardedFor: "203.0.113.7"])
                #expect(passed.status == .ok)
                let check = try await client.check(#"{"identifier":"k"}"#)
                #expect(check.status == .ok)
            }
        }
        #expect(
            judge.requests.map(\.identity.identifier) == [
                "127.0.0.1", "203.0.113.7", "k", "127.0.0.1", "203.0.113.7", "k",
            ])
    }

    @Test("headers beyond the bounds are refused")
    func boundsHeaders() async throws {
        let judge = ScriptedJudge.allowing()
        try await run(judge) { client in
            let response = try await client.get("/v1/forward-auth", [.apiKey: String(repeating: "k", count: 40_000)])
            #expect(response.status == .requestHeaderFieldsTooLarge)
        }
        #expect(judge.requests.isEmpty)
    }
}
