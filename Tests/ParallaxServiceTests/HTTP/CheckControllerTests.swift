import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import ParallaxCore
import Synchronization
import Testing

@testable import ParallaxService

@Suite struct CheckControllerTests {
    @Test("an allowed check answers 200 with the headers of the tightest window and every window in the body")
    func allows() async throws {
        let service = ScriptedService()
        try await service.run { client in
            let response = try await client.check(#"{"organization":"acme","identifier":"k","cost":2}"#)
            #expect(response.status == .ok)
            #expect(response.headers[.rateLimitLimit] == "10")
            #expect(response.headers[.rateLimitRemaining] == "8")
            #expect(response.headers[.rateLimitReset] == "1700000001")
            #expect(response.headers[.rateLimitType] == "second")
            #expect(response.headers[.rateLimitBackend] == "memory-legacy")
            #expect(response.headers[.retryAfter] == nil)
            #expect(response.headers[.contentType] == "application/json")
            let object = try response.object
            #expect(object["decision"] as? String == "allowed")
            #expect(object["strategy"] as? String == "hybrid")
            let windows = try #require(object["windows"] as? [[String: Any]])
            #expect(windows.map { $0["name"] as? String } == ["second", "minute", "hour", "burst"])
            #expect(windows[1]["remaining"] as? Int == 58)
            #expect(windows[1]["duration_ms"] as? Int == 60_000)
            #expect(windows[1]["reset_ms"] as? Int == 1_700_000_060_000)
        }
        #expect(service.judge.requests.map(\.cost) == [2])
        #expect(try service.judge.requests.map(\.identity) == [Identity(organization: "acme", identifier: "k")])
    }

    @Test(
        "a limited check answers 429 with the wait rounded up to whole seconds, at least one",
        arguments: [(0, "1"), (1, "1"), (1000, "1"), (1001, "2"), (59_999, "60"), (3_600_000, "3600")]
            as [(Int64, String)])
    func limits(milliseconds: Int64, seconds: String) async throws {
        let judge = ScriptedJudge { request in
            (.distributedOnly, .candidate, .limited(request, by: "minute", retryAfterMilliseconds: milliseconds))
        }
        try await ScriptedService(judge: judge).run { client in
            let response = try await client.check(#"{"identifier":"k"}"#)
            #expect(response.status == .tooManyRequests)
            #expect(response.headers[.retryAfter] == seconds)
            #expect(response.headers[.rateLimitType] == "minute")
            #expect(response.headers[.rateLimitLimit] == "60")
            #expect(response.headers[.rateLimitRemaining] == "0")
            #expect(response.headers[.rateLimitReset] == "1700000001")
            #expect(response.headers[.rateLimitBackend] == "redis-distributed")
            #expect(try response.object["limited_by"] as? String == "minute")
            #expect(try response.object["retry_after_ms"] as? Int64 == milliseconds)
        }
    }

    @Test(
        "an outage answers 503 with Retry-After, or 200 where failing open is allowed",
        arguments: [
            (Strategy.distributedOnly, true, false, 503), (.distributedOnly, true, true, 503),
            (.distributedOnly, false, false, 503), (.distributedOnly, false, true, 200), (.hybrid, false, true, 503),
        ])
    func tellsOutagesApart(strategy: Strategy, isProduction: Bool, failsOpen: Bool, status: Int) async throws {
        let judge = ScriptedJudge { _ in (strategy, .candidate, .unavailable(.timedOut)) }
        let service = ScriptedService(judge: judge, isProduction: isProduction, failsOpen: failsOpen)
        try await service.run { client in
            let response = try await client.check(#"{"identifier":"k"}"#)
            #expect(response.status.code == status)
            #expect(response.headers[.rateLimitBackend] == "redis-distributed")
            #expect(response.headers[.retryAfter] == (status == 503 ? "1" : nil))
            #expect(response.headers[.rateLimitStatus] == (status == 200 ? "fail-open" : nil))
            #expect(try response.object["reason"] as? String == "timed_out")
            #expect(try response.object["decision"] as? String == (status == 503 ? "unavailable" : "fail_open"))
            // A request that passed unjudged is not counted as one that was refused.
            let metrics = try ParsedMetrics(String(buffer: try await client.get("/metrics").body))
            #expect(metrics.samples["parallax_fail_open_passes_total"] == (status == 200 ? 1 : 0))
        }
    }

    @Test(
        "an organization that is absent, null or empty is global",
        arguments: [
            #"{"identifier":"k"}"#, #"{"identifier":"k","organization":null}"#,
            #"{"organization":"","identifier":"k"}"#,
        ])
    func knowsGlobal(body: String) async throws {
        let service = ScriptedService()
        try await service.run { client in
            let response = try await client.check(body)
            #expect(response.status == .ok)
        }
        #expect(service.judge.requests.map(\.identity.organization) == ["global"])
        #expect(service.judge.requests.map(\.cost) == [1])
    }

    @Test(
        "a request that makes no sense is refused with a code and reaches no limiter",
        arguments: [
            ("", "invalid_json"), ("{", "invalid_json"), ("[]", "invalid_json"), ("null", "invalid_json"),
            (#"{"identifier":"k"}x"#, "invalid_json"), (#"{"identifier":"k",}"#, "invalid_json"),
            (#"{"identifier":7}"#, "wrong_type"), (#"{"identifier":null}"#, "wrong_type"), ("{}", "missing_field"),
            (#"{"identifier":"k","organization":[]}"#, "wrong_type"),
            (#"{"identifier":"k","cost":"1"}"#, "wrong_type"), (#"{"identifier":"k","cost":1.5}"#, "wrong_type"),
            (#"{"identifier":"k","cost":null}"#, "wrong_type"), (#"{"identifier":"k","cost":true}"#, "wrong_type"),
            (#"{"identifier":"k","identifier":"l"}"#, "repeated_field"),
            (#"{"identifier":""}"#, "empty_identifier"),
            (#"{"identifier":"\#(String(repeating: "é", count: 129))"}"#, "identifier_too_long"),
            (#"{"identifier":"k","organization":"\#(String(repeating: "o", count: 257))"}"#, "organization_too_long"),
            (#"{"identifier":"k","cost":11}"#, "cost_out_of_range"),
            (#"{"identifier":"k","cost":-1}"#, "cost_out_of_range"),
            (#"{"identifier":"k","cost":99999999999999999999}"#, "cost_out_of_range"),
            (#"{"identifier":"k","cost":1e400}"#, "cost_out_of_range"),
        ])
    func refuses(body: String, code: String) async throws {
        let service = ScriptedService()
        try await service.run { client in
            let response = try await client.check(body)
            #expect(response.status == .badRequest)
            #expect(try response.errorCode == code)
        }
        #expect(service.judge.requests.isEmpty)
    }

    @Test("a body of the largest size is read, and one byte more is answered with 413")
    func boundsBodies() async throws {
        let service = ScriptedService()
        try await service.run { client in
            let fitting = #"{"identifier":"k"}"# + String(repeating: " ", count: CheckBody.maximumBytes - 18)
            #expect(try await client.check(fitting).status == .ok)
            let response = try await client.check(fitting + " ")
            #expect(response.status == .contentTooLarge)
            #expect(try response.errorCode == "body_too_large")
        }
        #expect(service.judge.requests.count == 1)
    }

    @Test("the smallest limit is the highest cost, and cost 0 looks")
    func knowsCosts() async throws {
        let service = ScriptedService()
        try await service.run { client in
            for cost in [10, 0] {
                let response = try await client.check("{\"identifier\":\"k\",\"cost\":\(cost)}")
                #expect(response.status == .ok)
            }
        }
        #expect(service.judge.requests.map(\.cost) == [10, 0])
    }

    @Test("an organization with limits of its own is held to them")
    func heedsOverrides() async throws {
        let own = try Policy(windows: [Window(name: "minute", limit: 3, durationMilliseconds: 60_000)])
        let service = ScriptedService(policies: PolicyBook(defaultValue: .defaultValue, overrides: ["a.b:c": own]))
        try await service.run { client in
            let response = try await client.check(#"{"identifier":"k","organization":"a.b:c"}"#)
            #expect(response.headers[.rateLimitLimit] == "3")
            #expect(
                try await client.check(#"{"identifier":"k","cost":4,"organization":"a.b:c"}"#).status == .badRequest)
        }
    }

    @Test(
        "a wrong method or path is answered in JSON",
        arguments: [
            (HTTPRequest.Method.get, "/v1/check", 405, "method_not_allowed"),
            (.delete, "/v1/check", 405, "method_not_allowed"),
            (.post, "/health", 405, "method_not_allowed"), (.get, "/", 404, "not_found"),
            (.post, "/v1/checks", 404, "not_found"), (.get, "/v1/check/../../etc/passwd", 404, "not_found"),
        ])
    func answersErrorsInJSON(method: HTTPRequest.Method, path: String, status: Int, code: String) async throws {
        try await ScriptedService().run { client in
            let response = try await client.execute(uri: path, method: method)
            #expect(response.status.code == status)
            #expect(try response.errorCode == code)
            if status == 405 { #expect(response.headers[.allow]?.isEmpty == false) }
        }
    }

    @Test("the time from arrival to answer is reported once for each answer, and never for a refusal")
    func reportsTimes() async throws {
        let times = Mutex<[Duration]>([])
        let service = ScriptedService(recordResponseTime: { _, duration in times.withLock { $0.append(duration) } })
        try await service.run { client in
            _ = try await client.check(#"{"identifier":"k"}"#)
            _ = try await client.check(#"{"identifier":""}"#)
        }
        #expect(times.withLock { $0.count } == 1)
        #expect(times.withLock { $0[0] } > .zero)
    }
}
