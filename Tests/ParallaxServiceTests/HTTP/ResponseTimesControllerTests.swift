@testable import Settings
import HTTPTypes
import HummingbirdTesting
import NIOCore
import ParallaxCore
import Testing

@testable import ParallaxService

@Suite struct ResponseTimesControllerTests {
    private let observer = RollbackObserver()

    private static let secret = "0123456789abcdef-reporters"

    private func service(
        _ strategy: Strategy, holdoutPercent: Double = 10, isOpen: Bool = false
    ) throws -> ScriptedService {
        var service = ScriptedService()
        service.applicationTimes = ApplicationTimes(
            observer: observer, metrics: service.metrics, holdoutPercent: holdoutPercent,
            token: isOpen ? nil : try BearerToken(Self.secret), strategy: { strategy }, second: { 0 })
        return service
    }

    private static let body = #"""
        {"response_times": [20, {"milliseconds": 30, "identifier": "user-1"}, {"milliseconds": 40, "identifier": "user-2"}]}
        """#

    private func post(
        _ client: any TestClientProtocol, _ body: String, token: String? = secret
    ) async throws -> TestResponse {
        var headers = HTTPFields()
        headers[.authorization] = token.map { "Bearer \($0)" }
        return try await client.execute(
            uri: "/v1/response-times", method: .post, headers: headers, body: ByteBuffer(string: body))
    }

    @Test("where a token is set, a report without it counts nothing")
    func wantsTheToken() async throws {
        let service = try service(.hybrid)
        try await service.run { client in
            for token in [nil, "0123456789abcdef-other"] {
                let response = try await post(client, Self.body, token: token)
                #expect(response.status == .unauthorized)
                #expect(try response.errorCode == "unauthorized")
            }
            #expect(
                String(buffer: try await client.get("/metrics").body)
                    .contains("parallax_bypass_attempts_total{kind=\"refused_report\"} 2\n"))
        }
        #expect(observer.fetch() == RollbackObserver.Counts())
    }

    @Test("without a token reports count, and do not tell who is held out")
    func tellsStrangersNothing() async throws {
        try await (try service(.hybrid, isOpen: true)).run { client in
            let object = try await post(client, Self.body, token: nil).object
            #expect(object["counted"] as? Int == 3 && object["held_out"] == nil)
        }
    }

    @Test("of several reporters none outweighs the others, and one by itself counts in full")
    func sharesTheWindow() {
        let shares = ReporterShares(windowSeconds: 300, minimumSamples: 10)
        #expect(shares.admit(1_000, from: "a", second: 0) == 1_000)
        #expect(shares.admit(10, from: "b", second: 1) == 10)
        #expect(shares.admit(1_000, from: "a", second: 2) == 5)
        #expect(shares.admit(1_500, from: "b", second: 3) == 1_500)
        #expect(shares.admit(1_000, from: "a", second: 4) == 505)
        #expect(shares.admit(1_000, from: "a", second: 700) == 1_000)
    }

    @Test("a few reports of another ignore none of a reporter's, and many leave it as many as a verdict needs")
    func silencesNoOne() {
        let shares = ReporterShares(windowSeconds: 300, minimumSamples: 100)
        for second in 0..<3 { #expect(shares.admit(1_000, from: "a", second: Int64(second)) == 1_000) }
        #expect(shares.admit(99, from: "b", second: 3) == 99)
        #expect(shares.admit(1_000, from: "a", second: 3) == 1_000)
        #expect(shares.admit(1, from: "b", second: 4) == 1)
        // One by one, over two windows at an even rate, while the other sends as few as before.
        var counted: [Int64: Int] = [:]
        for second in Int64(300)..<900 {
            for _ in 0..<20 { counted[second / 300, default: 0] += shares.admit(1, from: "a", second: second) }
            if second.isMultiple(of: 2) { _ = shares.admit(1, from: "b", second: second) }
        }
        #expect(counted.values.allSatisfy { $0 >= 60 }, "\(counted)")
    }

    // `user-1` lies at 6.59 of the hold-out, `user-2` at 54.68.
    @Test("in hybrid who is held out is told by the identity, and who has none goes by the strategy")
    func hybrid() async throws {
        try await (try service(.hybrid)).run { client in
            let response = try await post(client, Self.body)
            #expect(response.status == .accepted)
            #expect(try response.object["counted"] as? Int == 3)
            #expect(try response.object["held_out"] as? Int == 1)
            #expect(try response.object["strategy"] as? String == "hybrid")
        }
        let times = observer.fetch().application
        #expect(times.heldOut.count == 1 && times.inPlay.times.count == 2 && times.legacy.count == 0)
        #expect(try #require(times.heldOut.quantile(1)) > .milliseconds(28))
    }

    @Test("in another strategy no identity is held out", arguments: [Strategy.legacy, .distributedOnly])
    func others(strategy: Strategy) async throws {
        try await (try service(strategy, holdoutPercent: 50)).run { client in
            let object = try await post(client, Self.body).object
            #expect(object["held_out"] as? Int == 0)
        }
        let times = observer.fetch().application
        #expect(times.legacy.count == (strategy == .legacy ? 3 : 0))
        #expect(times.inPlay.times.count == (strategy == .legacy ? 0 : 3))
    }

    @Test("a body with one fault counts nothing at all")
    func allOrNothing() async throws {
        try await (try service(.hybrid)).run { client in
            let response = try await post(client, #"{"response_times":[1,2,"x"]}"#)
            #expect(response.status == .badRequest)
            #expect(try response.errorCode == "wrong_type")
        }
        #expect(observer.fetch() == RollbackObserver.Counts())
    }

    @Test("a body that is too large is refused with 413, and another method with 405")
    func refuses() async throws {
        try await (try service(.hybrid)).run { client in
            let filler = String(repeating: "x", count: ResponseTimesBody.maximumBytes)
            let large = #"{"x":"\#(filler)","response_times":[1]}"#
            let response = try await post(client, large)
            #expect(response.status == .contentTooLarge)
            #expect(try response.errorCode == "body_too_large")
            #expect(try await client.get("/v1/response-times").errorCode == "method_not_allowed")
        }
        #expect(observer.fetch() == RollbackObserver.Counts())
    }

    @Test("reports show among the metrics, without whose they are")
    func metrics() async throws {
        let service = try service(.hybrid)
        try await service.run { client in
            _ = try await post(client, Self.body)
            let text = String(buffer: try await client.get("/metrics").body)
            #expect(text.contains("parallax_application_response_seconds_count{strategy=\"hybrid\"} 3\n"))
            #expect(!text.contains("user-1"))
        }
    }
}
