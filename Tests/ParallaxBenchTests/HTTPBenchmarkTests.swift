import CommandSupport
import Foundation
import ParallaxCore
import Testing

@testable import parallax_bench

@Suite struct HTTPBenchmarkTests {
    private static func output(_ rate: Double, p50: Double = 1, p99: Double = 2, refused: Int = 0) -> WrkOutput {
        WrkOutput(
            requestsPerSecond: rate, p50Milliseconds: p50, p99Milliseconds: p99, non2xxCount: refused,
            socketErrorCount: 0)
    }

    private let result = HTTPBenchmarkResult(
        servers: [
            HTTPBenchmarkResult.Server(
                name: "bare", rounds: [output(50_000), output(10), output(40_000, p50: 1.256, p99: 9)]),
            HTTPBenchmarkResult.Server(
                name: "hybrid", rounds: [output(10_000, refused: 3), output(11_000), output(9_000, refused: 4)],
                candidate: CandidateCounts(answers: 1000, verdicts: 985, failures: ["skipped": 15])),
        ], seconds: 5)

    @Test("the table shows medians next to the bare route, and all errors")
    func table() {
        #expect(
            result.text == """
                server  requests/s  of bare  p50 ms  p99 ms  errors  by Redis
                bare        40,000     1.00    1.00    2.00       0         -
                hybrid      10,000     0.25    1.00    2.00       7   98.50 %
                """)
        #expect(result.serversWithErrors == ["hybrid"])
        #expect(result.serversWithoutCandidate.map(\.name) == ["hybrid"])
    }

    @Test("JSON holds every round and the ratio")
    func json() throws {
        let text = try JSONText.make(result)
        #expect(text.contains(#""ratioToBare" : 0.25"#))
        #expect(text.contains(#""requestsPerSecond" : 11000"#))
    }

    @Test("nothing is compared with a bare route that answered nothing")
    func noRatio() {
        let idle = HTTPBenchmarkResult(
            servers: [HTTPBenchmarkResult.Server(name: "bare", rounds: [Self.output(0)])], seconds: 1)
        #expect(idle.ratio(of: idle.servers[0]) == nil)
    }

    @Test("each strategy has flags and a database of its own, limits that no caller reaches, and no rollback")
    func launches() {
        let servers = BenchServer.Kind.allCases.map {
            BenchServer(kind: $0, port: 4711, folder: "/tmp/b", redisURL: "unix:///tmp/b/redis.sock")
        }
        let launches = servers.map {
            $0.makeLaunch(
                parallax: "/bin/parallax",
                inherited: ["RATE_LIMIT_PER_HOUR": "1", "RATE_LIMIT_BURST_WINDOW": "9"])
        }
        let names = servers.map(\.kind.name)
        #expect(names == ["bare", "legacy", "hybrid", "distributed_only"])
        #expect(launches[0].arguments == ["route", "--port", "4711"])
        #expect(launches[0].executable != "/bin/parallax")
        #expect(launches.dropFirst().allSatisfy { $0.executable == "/bin/parallax" })
        for name in ["FEATURE_FLAG_FILE", "DATABASE_PATH", "INSTANCE_ID"] {
            let values = Set(launches.dropFirst().map { $0.environment[name] })
            #expect(values.count == 3, "\(name)")
        }
        for launch in launches.dropFirst() {
            #expect(launch.environment["RATE_LIMIT_PER_HOUR"] == "1000000")
            #expect(launch.environment["RATE_LIMIT_BURST_WINDOW"] == nil)
            #expect(launch.environment["ROLLBACK_DRY_RUN"]?.isEmpty == false)
        }
        let distributed = launches.dropFirst().map { $0.environment["DISTRIBUTED_RATE_LIMITING_ENABLED"] }
        #expect(distributed == ["false", "true", "true"])
        let hybrid = launches.dropFirst().map { $0.environment["HYBRID_RATE_LIMITING"] }
        #expect(hybrid == ["false", "true", "false"])
    }

    @Test("a missing wrk is named with how to get it")
    func missingWrk() throws {
        let folder = try TemporaryFolder(for: "bench")
        defer { folder.remove() }
        let failure = #expect(throws: CommandFailure.self) { try WrkCommand.find(searchPath: folder.path) }
        #expect(failure?.remedy?.contains("apt-get install wrk") == true)
    }

    @Test("sums of metrics are taken over all labels, or those of one value, and a metric that is missing has none")
    func metrics() {
        let samples = PrometheusSamples(
            parsing: """
                # TYPE a_total counter
                a_total{strategy="hybrid",allowed="true"} 5
                a_total{strategy="legacy",allowed="true"} 7
                b_seconds 0.25
                c_total 3
                """)
        #expect(samples.sum("a_total") == 12)
        #expect(samples.sums("a_total", by: "strategy") == ["hybrid": 5, "legacy": 7])
        #expect(samples.sums("a_total", by: "reason") == [:])
        #expect(samples.sum("c_total") == 3)
        #expect(samples.sum("b_seconds") == nil)
        #expect(samples.sum("d_total") == nil)
    }

    @Test("at a steady rate each connection waits as long on average as its share of the rate takes")
    func pacing() {
        // 64 connections at 5000 a second: one request in 12.8 ms each.
        #expect(WrkCommand.pacing(requestsPerSecond: 5000).contains("math.random(0, 25)"))
    }
}
