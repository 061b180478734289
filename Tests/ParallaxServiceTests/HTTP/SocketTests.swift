@testable import Settings
import AsyncHTTPClient
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import NIOHTTP1
import ParallaxCore
import Synchronization
import Testing

@testable import ParallaxService

/// The same routes behind a real socket: what the test router has not.
@Suite struct SocketTests {
    private func run(
        _ judge: ScriptedJudge, trustedProxies: [CIDR] = [],
        recordResponseTime: @escaping @Sendable (Answer, Duration) -> Void = { _, _ in },
        _ test: @escaping @Sendable (any TestClientProtocol) async throws -> Void
    ) async throws {
        let checkHandler = CheckHandler(
            judge: judge, policies: PolicyBook(defaultValue: .defaultValue), isProduction: false, failsOpen: { false },
            recordResponseTime: recordResponseTime)
        let endpoints = Endpoints(
            checkHandler: checkHandler,
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

    @Test("a caller's time begins when its whole body is there: a slow sender does not count as waiting")
    func slowSender() async throws {
        let times = Mutex<[(duration: Duration, end: ContinuousClock.Instant)]>([])
        let lastPart = Mutex<ContinuousClock.Instant?>(nil)
        try await run(
            .allowing(), recordResponseTime: { _, time in times.withLock { $0.append((time, .now)) } }
        ) { client in
            var request = HTTPClientRequest(url: "http://127.0.0.1:\(client.port ?? 0)/v1/check")
            request.method = .POST
            let (parts, sending) = AsyncStream<ByteBuffer>.makeStream()
            request.body = .stream(parts, length: .known(Int64(18)))
            async let answer = HTTPClient.shared.execute(request, timeout: .seconds(30))
            sending.yield(ByteBuffer(string: #"{"identif"#))
            // Long enough to be told from the work on the request: the time that must not be counted.
            try await Task.sleep(for: .milliseconds(100))
            lastPart.withLock { $0 = .now }
            sending.yield(ByteBuffer(string: #"ier":"k"}"#))
            sending.finish()
            #expect(try await answer.status == .ok)
        }
        let (time, end) = try #require(times.withLock { $0.first })
        let start = try #require(lastPart.withLock { $0 })
        #expect(time <= start.duration(to: end))
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
