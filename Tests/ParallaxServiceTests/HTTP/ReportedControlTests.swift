import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import ParallaxCore
import ParallaxTesting
import Settings
import Testing

@testable import ParallaxService

@Suite struct ReportedControlTests {
    @Test("every field of a report reaches the limiter")
    func readsFields() async throws {
        let service = ScriptedService()
        try await service.run { client in
            let body = #"""
                {"identifier":"k","control":{"allowed":false,"limited_by":"per_minute","remaining":0,"limit":60.0,
                "retry_after_ms":1500,"instance":"app:7:1","at_ms":1700000000123,"final":true,"later":[1]}}
                """#
            for body in [
                body, #"{"identifier":"k","control":{"allowed":true}}"#, #"{"identifier":"k","control":null}"#,
                #"{"identifier":"k","control":{"allowed":true,"limit":null,"instance":null}}"#,
            ] {
                let response = try await client.check(body)
                #expect(response.status == .ok)
            }
        }
        #expect(
            service.judge.reports == [
                ReportedVerdict(
                    isAllowed: false, limitedBy: "per_minute", remaining: 0, limit: 60, retryAfterMilliseconds: 1500,
                    instance: "app:7:1", judgedAt: Timestamp(milliseconds: 1_700_000_000_123), isFinal: true),
                ReportedVerdict(isAllowed: true), nil, ReportedVerdict(isAllowed: true),
            ])
    }

    @Test(
        "a field of a report that is wrong is refused, and the message names it",
        arguments: [
            (#""control":1"#, "control"), (#""control":{}"#, "control.allowed"),
            (#""control":{"allowed":"true"}"#, "control.allowed"), (#""control":{"allowed":1}"#, "control.allowed"),
            (#""control":{"allowed":true,"allowed":true}"#, "control.allowed"),
            (#""control":{"allowed":true,"limited_by":7}"#, "control.limited_by"),
            (#""control":{"allowed":true,"remaining":"7"}"#, "control.remaining"),
            (#""control":{"allowed":true,"remaining":-1}"#, "control.remaining"),
            (#""control":{"allowed":true,"limit":1.5}"#, "control.limit"),
            (#""control":{"allowed":true,"retry_after_ms":9007199254740992}"#, "control.retry_after_ms"),
            (#""control":{"allowed":true,"at_ms":true}"#, "control.at_ms"),
            (#""control":{"allowed":true,"final":null}"#, "control.final"),
            (#""control":{"allowed":true,"instance":""}"#, "control.instance"),
            (#""control":{"allowed":true,"instance":"\#(String(repeating: "é", count: 33))"}"#, "control.instance"),
            (#""control":{"allowed":true,"limited_by":"\#(String(repeating: "a", count: 65))"}"#, "control.limited_by"),
            (#""request_id":"\#(String(repeating: "a", count: 65))""#, "request_id"),
            (#""request_id":5"#, "request_id"),
            (#""request_id":"a","request_id":"a""#, "request_id"),
        ])
    func namesFields(field: String, name: String) async throws {
        let service = ScriptedService()
        try await service.run { client in
            let response = try await client.check(#"{"identifier":"k",\#(field)}"#)
            #expect(response.status == .badRequest)
            #expect(String(buffer: response.body).contains(#"\"\#(name)\""#))
        }
        #expect(service.judge.requests.isEmpty)
    }

    @Test("an answer that gives a report back holds what it held, and no window of the other side")
    func answersWithTheReport() async throws {
        let (hybrid, _) = Self.makeHybrid()
        try await Self.run(hybrid) { client, _ in
            let body = #"""
                {"identifier":"k","control":{"allowed":false,"limited_by":"<b>\r\nX: y","remaining":0,"limit":60}}
                """#
            let response = try await client.check(body)
            #expect(response.status == .tooManyRequests)
            #expect(response.headers[.rateLimitBackend] == "memory-legacy")
            #expect(response.headers[.rateLimitLimit] == "60" && response.headers[.rateLimitRemaining] == "0")
            #expect(response.headers[.rateLimitReset] == nil && response.headers[.rateLimitType] == nil)
            #expect(response.headers[.retryAfter] == "1")
            let object = try response.object
            #expect(object["reported"] as? Bool == true && object["final"] as? Bool == false)
            #expect(object["limited_by"] as? String == "<b>\r\nX: y")
            #expect((object["windows"] as? [Any])?.isEmpty == true)
            let unnamed = try await client.check(#"{"identifier":"k","control":{"allowed":false}}"#)
            #expect(try unnamed.object["limited_by"] == nil)
            #expect(unnamed.headers[.rateLimitLimit] == nil)
        }
    }

    @Test("a request that is sent again gets the first answer, and is charged, compared and counted once")
    func repeats() async throws {
        let (hybrid, observer) = Self.makeHybrid()
        try await Self.run(hybrid) { client, http in
            let body = #"{"identifier":"k","request_id":"1","control":{"allowed":true,"remaining":3}}"#
            let first = try await client.check(body)
            // Not even what it says now makes a difference.
            let again = try await client.check(body.replacing("true", with: "false"))
            #expect(first.status == .ok && again.status == .ok)
            #expect(String(buffer: first.body) == String(buffer: again.body))
            // Another caller's request of the same name is another request.
            let other = try await client.check(body.replacing(#""k""#, with: #""j""#))
            #expect(other.status == .ok)
            let metrics = try ParsedMetrics(String(buffer: try await client.get("/metrics").body))
            #expect(metrics.samples["parallax_repeated_requests_total"] == 1)
        }
        #expect(observer.answers.count == 2)
        await observer.comparisons(reach: 2)
        #expect(observer.comparisons.count == 2 && observer.attempts.count == 2)
    }

    @Test("/metrics counts reports by verdict and model, final ones, ignored times and kinds that were not compared")
    func metrics() async throws {
        let metrics = DecisionMetrics()
        let (hybrid, observer) = Self.makeHybrid(ObserverGroup([metrics]))
        try await Self.run(hybrid, metrics: metrics) { client, _ in
            for body in [
                #"{"allowed":true,"final":true}"#, #"{"allowed":false}"#, #"{"allowed":true,"at_ms":1}"#,
                #"{"allowed":true,"remaining":9}"#,
            ] {
                _ = try await client.check(#"{"identifier":"k","control":\#(body)}"#)
            }
            await observer.comparisons(reach: 4)
            let samples = try ParsedMetrics(String(buffer: try await client.get("/metrics").body)).samples
            let name = "parallax_reported_verdicts_total"
            #expect(samples[#"\#(name){reported="allowed",model="allowed"}"#] == 3)
            #expect(samples[#"\#(name){reported="limited",model="allowed"}"#] == 1)
            #expect(samples["parallax_reported_final_total"] == 1)
            #expect(samples["parallax_reported_times_ignored_total"] == 1)
            #expect(samples[#"parallax_uncompared_kinds_total{kind="quota_drift"}"#] == 2)
        }
    }

    // MARK: Set-up

    /// A hybrid whose candidate is another limiter in memory; what is given observes first.
    private static func makeHybrid(
        _ first: (any DecisionObserver)? = nil
    ) -> (HybridLimiter, CollectingObserver) {
        let (observer, clock) = (CollectingObserver(), VirtualClock())
        let hybrid = HybridLimiter(
            control: InMemoryLimiter(), candidate: SharedLimiter(clock: { clock.now }), clocks: clock.clocks,
            flags: {
                FlagValues(distributedEnabled: true, hybrid: true, failOpen: false, enforcementPercent: 0)
            }, observer: ObserverGroup((first.map { [$0] } ?? []) + [observer]))
        return (hybrid, observer)
    }

    private static func run(
        _ judge: any RequestJudge, metrics: DecisionMetrics = DecisionMetrics(),
        _ test: @escaping @Sendable (any TestClientProtocol, HTTPMetrics) async throws -> Void
    ) async throws {
        let http = HTTPMetrics()
        var service = ScriptedService(http: http, metrics: metrics)
        service.replacement = judge
        try await service.run { client in try await test(client, http) }
    }
}
