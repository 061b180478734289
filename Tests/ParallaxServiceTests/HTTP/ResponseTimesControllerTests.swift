import HTTPTypes
import HummingbirdTesting
import NIOCore
import ParallaxCore
import Testing

@testable import ParallaxService

@Suite struct ResponseTimesControllerTests {
    private let observer = RollbackObserver()

    private func service(_ strategy: Strategy, holdoutPercent: Double = 10) -> ScriptedService {
        var service = ScriptedService()
        service.applicationTimes = ApplicationTimes(
            observer: observer, metrics: service.metrics, holdoutPercent: holdoutPercent, strategy: { strategy })
        return service
    }

    private static let body = #"""
        {"response_times": [20, {"milliseconds": 30, "identifier": "user-1"}, {"milliseconds": 40, "identifier": "user-2"}]}
        """#

    private func post(_ client: any TestClientProtocol, _ body: String) async throws -> TestResponse {
        try await client.execute(uri: "/v1/response-times", method: .post, body: ByteBuffer(string: body))
    }

    // `user-1` lies at 6.59 of the hold-out, `user-2` at 54.68.
    @Test("in hybrid who is held out is told by the identity, and who has none goes by the strategy")
    func hybrid() async throws {
        try await service(.hybrid).run { client in
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

    @Test("in another strategy nobody is held out", arguments: [Strategy.legacy, .distributedOnly])
    func others(strategy: Strategy) async throws {
        try await service(strategy, holdoutPercent: 50).run { client in
            let object = try await post(client, Self.body).object
            #expect(object["held_out"] as? Int == 0)
        }
        let times = observer.fetch().application
        #expect(times.legacy.count == (strategy == .legacy ? 3 : 0))
        #expect(times.inPlay.times.count == (strategy == .legacy ? 0 : 3))
    }

    @Test("a body with one fault counts nothing at all")
    func allOrNothing() async throws {
        try await service(.hybrid).run { client in
            let response = try await post(client, #"{"response_times":[1,2,"x"]}"#)
            #expect(response.status == .badRequest)
            #expect(try response.errorCode == "wrong_type")
        }
        #expect(observer.fetch() == RollbackObserver.Counts())
    }

    @Test("a body that is too large is refused with 413, and another method with 405")
    func refuses() async throws {
        try await service(.hybrid).run { client in
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
        let service = service(.hybrid)
        try await service.run { client in
            _ = try await post(client, Self.body)
            let text = String(buffer: try await client.get("/metrics").body)
            #expect(text.contains("parallax_application_response_seconds_count{strategy=\"hybrid\"} 3\n"))
            #expect(!text.contains("user-1"))
        }
    }
}
