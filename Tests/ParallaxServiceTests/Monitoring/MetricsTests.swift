import DivergenceStore
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import ParallaxCore
@testable import RedisLimiting
import Testing

@testable import ParallaxService

/// Metrics in the text format, read back by its rules.
struct ParsedMetrics {
    var samples: [String: Double] = [:]
    var types: [String: String] = [:]

    init(_ text: String) throws {
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
            if line.hasPrefix("# HELP ") { continue }
            if line.hasPrefix("# TYPE ") {
                let parts = line.split(separator: " ")
                try #require(parts.count == 4 && types[String(parts[2])] == nil, "one type a metric: \(line)")
                types[String(parts[2])] = String(parts[3])
                continue
            }
            let end = try #require(line.lastIndex(of: " "), "a sample has a value: \(line)")
            let name = String(line[..<end])
            let value = try #require(Double(line[line.index(after: end)...]), "a value is a number: \(line)")
            try #require(samples[name] == nil, "one sample a name: \(name)")
            samples[name] = value
            let family = name.prefix { $0 != "{" }
            let isTyped = ["", "_bucket", "_sum", "_count"].contains { suffix in
                family.hasSuffix(suffix) && types[String(family.dropLast(suffix.count))] != nil
            }
            try #require(isTyped, "a sample follows its type: \(name)")
        }
        try #require(text.hasSuffix("\n"))
    }
}

@Suite struct MetricsTests {
    private func scrape(_ service: ScriptedService) async throws -> (parsed: ParsedMetrics, text: String) {
        nonisolated(unsafe) var text = ""
        try await service.run { client in
            let response = try await client.get("/metrics")
            #expect(response.status == .ok)
            #expect(response.headers[.contentType]?.hasPrefix("text/plain; version=0.0.4") == true)
            text = String(buffer: response.body)
        }
        return (try ParsedMetrics(text), text)
    }

    private func answer(_ decision: Decision, _ strategy: Strategy, _ side: Side, isStandIn: Bool = false) throws
        -> Answer
    {
        Answer(
            identity: try Identity(organization: "tenant-x", identifier: "person-y"), time: .now, strategy: strategy,
            enforced: side, isStandIn: isStandIn, decision: decision, duration: .microseconds(300))
    }

    @Test("what was decided, asked, compared and answered is counted under its labels")
    func counts() async throws {
        let service = ScriptedService()
        let metrics = service.metrics
        let request = try CheckRequest(identity: Identity(identifier: "person-y"), policy: .defaultValue)
        metrics.answered(try answer(.allowed(request), .hybrid, .control, isStandIn: true))
        metrics.answered(try answer(.allowed(request), .hybrid, .control))
        let limited = Decision.limited(request, by: "hour", retryAfterMilliseconds: 5)
        metrics.answered(try answer(limited, .distributedOnly, .candidate))
        metrics.attempted(Observation(decision: limited, duration: .milliseconds(2)))
        metrics.attempted(Observation(decision: .unavailable(.timedOut), duration: .milliseconds(250)))
        for result in [
            Comparison.Result.agreed, .agreed, .diverged(.newlyLimited, .otherInstances), .incomparable(.timedOut),
        ] {
            metrics.compared(comparison(result, request))
        }
        metrics.heldOut(request, try answer(.allowed(request), .hybrid, .control))
        metrics.reported(.milliseconds(80), strategy: .hybrid)
        metrics.responded(try answer(limited, .distributedOnly, .candidate), after: .milliseconds(3))
        let samples = try await scrape(service).parsed.samples
        func count(_ name: String) -> Double? { samples["parallax_\(name)"] }
        #expect(count("decisions_total{strategy=\"hybrid\",backend=\"memory-legacy\",outcome=\"allowed\"}") == 2)
        #expect(
            count("decisions_total{strategy=\"distributed_only\",backend=\"redis-distributed\",outcome=\"limited\"}")
                == 1)
        #expect(count("decisions_total{strategy=\"legacy\",backend=\"memory-legacy\",outcome=\"allowed\"}") == 0)
        #expect(count("stand_ins_total") == 1)
        #expect(count("redis_attempts_total") == 2)
        #expect(count("redis_failures_total{reason=\"timed_out\"}") == 1)
        #expect(count("redis_failures_total{reason=\"error\"}") == 0)
        #expect(count("comparisons_total{result=\"agreed\",kind=\"\",cause=\"\"}") == 2)
        #expect(
            count("comparisons_total{result=\"diverged\",kind=\"newly_limited\",cause=\"other_instances\"}") == 1)
        #expect(count("incomparable_total{reason=\"timed_out\"}") == 1)
        #expect(count("held_out_total") == 1)
        #expect(count("application_response_seconds_sum{strategy=\"hybrid\"}") == 0.08)
        #expect(count("response_seconds_count{strategy=\"distributed_only\"}") == 1)
        #expect(count("response_seconds_bucket{strategy=\"distributed_only\",le=\"0.0025\"}") == 0)
        #expect(count("response_seconds_bucket{strategy=\"distributed_only\",le=\"0.005\"}") == 1)
        #expect(count("response_seconds_bucket{strategy=\"distributed_only\",le=\"+Inf\"}") == 1)
        #expect(count("response_seconds_sum{strategy=\"distributed_only\"}") == 0.003)
        #expect(count("response_seconds_bucket{strategy=\"distributed_only\",le=\"600.0\"}") == 1)
        #expect((samples["process_resident_memory_bytes"] ?? 0) > 1_000_000)
        #expect((samples["process_open_fds"] ?? 0) > 2 && (samples["process_max_fds"] ?? 0) > 2)
        #expect((samples["process_start_time_seconds"] ?? 0) > 1_700_000_000)
        #expect((samples["process_cpu_seconds_total"] ?? 0) > 0)
    }

    private func comparison(_ result: Comparison.Result, _ request: CheckRequest) -> Comparison {
        let observation = Observation(decision: .allowed(request), duration: .microseconds(1))
        return Comparison(
            identity: request.identity, cost: 1, time: .now, policyFingerprint: 0, control: observation,
            candidate: observation, enforced: .control, result: result, evidence: Evidence())
    }

    @Test("every metric says its type, and the state of every part is there")
    func tellsTheState() async throws {
        var report = HealthReport.sound(.distributedOnly)
        report.redis.breaker = .halfOpen
        report.triggers[0].isLatched = true
        report.triggers[0].state = .firing
        report.flags.invalidReads = 4
        report.baselines = [.init(source: .service, state: .stale(.sample))]
        report.waiting = .init(callers: 9, untracked: 2)
        report.refusals = RefusalCacheHealth(isInUse: true, identities: 6, evictions: 7, refusals: 8)
        let (parsed, _) = try await scrape(ScriptedService(health: ScriptedHealth(report: report)))
        let expected: [String: Double] = [
            "strategy{strategy=\"distributed_only\"}": 1, "strategy{strategy=\"legacy\"}": 0,
            "redis_breaker_state{state=\"half_open\"}": 1, "redis_state{state=\"healthy\"}": 1,
            "p0_13b_compliance": 1, "flag_invalid_reads_total": 4, "recorder_pending": 3,
            "recorder_dropped_total{reason=\"buffer_full\"}": 2,
            "recorder_dropped_total{reason=\"\(DropReason.allCases.last!.rawValue)\"}": 0,
            "trigger_latched{trigger=\"redis_down\"}": 1,
            "trigger_state{trigger=\"redis_down\",state=\"firing\"}": 1,
            "trigger_state{trigger=\"redis_down\",state=\"ok\"}": 0, "memory_identities": 5, "memory_bytes": 900,
            "baseline_state{source=\"service\",state=\"stale\"}": 1,
            "baseline_state{source=\"service\",state=\"frozen\"}": 0, "baseline_samples{source=\"service\"}": 1,
            "waiting_callers": 9, "waiting_callers_untracked": 2, "memory_evictions_total": 1,
            "refusal_cache_in_use": 1, "refusal_cache_identities": 6,
            "refusal_cache_evictions_total": 7, "refusal_cache_refusals_total": 8,
            "build_info{version=\"\(BuildInfo.version)\"}": 1,
        ]
        for (name, value) in expected { #expect(parsed.samples["parallax_\(name)"] == value, "\(name)") }
        for (name, type) in parsed.types where name.hasSuffix("_total") { #expect(type == "counter") }
    }

    @Test("every answer is counted by its HTTP status, and what was refused before it was judged by its kind")
    func countsAnswers() async throws {
        let requests = [
            "GET /health HTTP/1.0\r\n\r\n", "POST /v1/check HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n{",
            "GET /v1/nothing HTTP/1.1\r\nHost: a\r\n\r\n", "PURGE /v1/check HTTP/1.1\r\nHost: a\r\n\r\n",
            "no request\r\n\r\n", "GET /health HTTP/1.1\r\nHost: www.evil.example\r\n\r\n",
            "GET /health HTTP/1.1\r\nHost: a\r\nX-A: \(String(repeating: "c", count: 17_000))\r\n\r\n",
            "POST /v1/check HTTP/1.1\r\nHost: a\r\nSec-Fetch-Site: cross-site\r\nContent-Length: 2\r\n\r\n{}",
            "GET /v1/flags HTTP/1.1\r\nHost: a\r\n\r\n",
        ]
        try await RawService.run { service in
            for request in requests {
                let connection = try await RawConnection(port: service.port)
                try await connection.send(request)
                _ = await connection.read(until: "\r\n\r\n")
                await connection.close()
            }
            var text = PrometheusText()
            service.metrics.write(to: &text, connections: nil)
            let counted = try ParsedMetrics(text.text).samples.filter { $0.value > 0 }
            func counts(_ metric: String, _ label: String, _ values: [String: Double]) {
                let found = counted.filter { $0.key.hasPrefix("parallax_\(metric){") }
                let named = values.map { ("parallax_\(metric){\(label)=\"\($0.key)\"}", $0.value) }
                #expect(found == Dictionary(uniqueKeysWithValues: named))
            }
            counts(
                "http_responses_total", "status",
                ["200": 1, "400": 2, "403": 1, "404": 2, "405": 1, "421": 1, "431": 1])
            let kinds = ["malformed_request", "unknown_host", "headers_too_large", "cross_site", "refused_admin"]
            counts("bypass_attempts_total", "kind", Dictionary(uniqueKeysWithValues: kinds.map { ($0, 1) }))
        }
    }

    @Test("no identity, tenant or path ever shows")
    func showsNobody() async throws {
        let service = ScriptedService(admin: nil)
        let request = try CheckRequest(
            identity: Identity(organization: "tenant-x", identifier: "person-y"), policy: .defaultValue)
        service.metrics.answered(try answer(.allowed(request), .hybrid, .control))
        try await service.run { _ = try await $0.check(#"{"organization":"tenant-x","identifier":"person-y"}"#) }
        let text = try await scrape(service).text
        #expect(!text.contains("tenant-x") && !text.contains("person-y") && !text.contains("/v1/"))
    }

    @Test("a label's value and a help text are escaped")
    func escapes() throws {
        var text = PrometheusText()
        text.begin("m", .gauge, help: "a\\b\n\"c\"")
        text.sample("m", ["l": "a\\b\n\"c\""], 1)
        #expect(text.text == "# HELP m a\\\\b\\n\"c\"\n# TYPE m gauge\nm{l=\"a\\\\b\\n\\\"c\\\"\"} 1\n")
    }

    @Test("counting from many threads loses nothing")
    func countsConcurrently() async {
        let counter = Counter()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 { group.addTask { for _ in 0..<1000 { counter.add() } } }
        }
        #expect(counter.value == 8000)
    }
}
