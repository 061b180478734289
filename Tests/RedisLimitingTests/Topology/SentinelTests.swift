import NIOCore
import ParallaxCore
import ParallaxTesting
import Testing

@testable import RedisLimiting

@Suite(.timeLimit(.minutes(2))) struct SentinelTests {
    private static let policy = try! Policy(windows: [
        Window(name: "hour", limit: 1_000_000, durationMilliseconds: 3_600_000)
    ])
    private static let request = try! CheckRequest(identity: Identity(identifier: "caller"), policy: policy)

    @Test("the primary is found with the passwords of both kinds, though a sentinel is away, and shown")
    func finds() async throws {
        try await withPrivateSentinels(failsOver: false, password: "hunter2", sentinelPassword: "hunter3") {
            deployment in
            await deployment.sentinels[0].kill()
            try await withRedisLimiter(deployment.settings) { limiter in
                #expect(await limiter.check(Self.request, at: nil).isAllowed)
                #expect((try? await limiter.probe(timeout: .seconds(30)).get()) != nil)
                let health = limiter.health
                #expect(health.isHealthy)
                let topology = try #require(health.topology)
                #expect(topology.kind == .sentinel)
                #expect(topology.primaries.map(\.address.port) == [deployment.serverPorts[0]])
                #expect(topology.primaries.map(\.replicas) == [1])
                #expect(topology.problem == nil)
                for secret in ["hunter2", "hunter3"] { #expect(!"\(health)".contains(secret)) }
            }
        }
    }

    @Test("a wrong name and a wrong password are told apart from an outage, and sentinels that are away are one")
    func mistakes() async throws {
        try await withPrivateSentinels(failsOver: false, sentinelPassword: "guard") { deployment in
            let nodes = deployment.sentinelPorts.map { NodeAddress(host: "127.0.0.1", port: $0) }
            for (sentinels, expected) in [
                (RedisURL.Sentinels(nodes: nodes, masterName: "another", password: "guard"), Unavailability.error),
                (RedisURL.Sentinels(nodes: nodes, masterName: "parallax", password: "secret"), .unauthorized),
                (RedisURL.Sentinels(nodes: nodes, masterName: "parallax"), .unauthorized),
                (RedisURL.Sentinels(nodes: [NodeAddress(host: "127.0.0.1", port: 1)], masterName: "m"), .disconnected),
            ] {
                var settings = deployment.settings
                settings.url = RedisURL(deployment: .sentinel(sentinels))
                settings.decisionTimeout = .seconds(60)
                try await withRedisLimiter(settings) { limiter in
                    #expect(await limiter.check(Self.request, at: nil) == .unavailable(expected))
                    #expect("\(limiter.health)".contains("secret") == false)
                    #expect(!limiter.health.isHealthy)
                    await #expect(throws: RedisError.self) { try await limiter.probe().get() }
                }
            }
        }
    }

    @Test("a primary that has become a replica is recognised by its refusal, and its caller gets the new one's answer")
    func demoted() async throws {
        try await withPrivateSentinels(failsOver: false) { deployment in
            try await withRedisLimiter(deployment.settings) { limiter in
                try await until { limiter.health.isHealthy }
                #expect(await limiter.check(Self.request, at: nil).isAllowed)
                try await waitUntilAtRest(limiter)
                // What a failover does, without its breaking of connections.
                let (old, new) = (deployment.servers[0], deployment.servers[1])
                for sentinel in deployment.sentinels {
                    try await sentinel.ask("SENTINEL", "REMOVE", PrivateSentinels.masterName)
                }
                try await new.ask("REPLICAOF", "NO", "ONE")
                try await old.ask("REPLICAOF", "127.0.0.1", "\(deployment.serverPorts[1])")
                for sentinel in deployment.sentinels {
                    try await sentinel.ask(
                        "SENTINEL", "MONITOR", PrivateSentinels.masterName, "127.0.0.1",
                        "\(deployment.serverPorts[1])", "2")
                }
                #expect(limiter.health.topology?.primaries.first?.address.port == deployment.serverPorts[0])
                #expect(await limiter.check(Self.request, at: nil).isAllowed)
                #expect(limiter.health.topology?.primaries.first?.address.port == deployment.serverPorts[1])
                #expect(limiter.health.answeredWithError > 0)
                #expect(limiter.health.reconnects == 0)
            }
        }
    }

    @Test("decisions resume by themselves after a failover that was asked for and after one that was not")
    func failovers() async throws {
        try await withPrivateSentinels { deployment in
            try await withRedisLimiter(deployment.settings) { limiter in
                let load = Load(of: limiter, policy: Self.policy)
                let running = Task { await load.run(callers: 8) }
                await load.waitForAllowed(more: 100)
                let asked = try await failover(to: 1, of: deployment, limiter, load) {
                    // Refused while a sentinel has had no answer of the replica for too long.
                    try await deployment.sentinels[0].waitUntil("SENTINEL", "FAILOVER", PrivateSentinels.masterName) {
                        $0 == .status("OK")
                    }
                }
                // The old one goes on as a primary for seconds: only the sentinels can have told that it was to be
                // left.
                let role = try await deployment.servers[0].ask("INFO", "replication").text ?? ""
                #expect(role.contains("role:master"))
                #expect(asked.isSubset(of: [.disconnected, .readOnly, .circuitOpen, .timedOut, .loading]))
                // The next failover needs a replica.
                try await deployment.servers[0].ask("REPLICAOF", "127.0.0.1", "\(deployment.serverPorts[1])")
                try await deployment.servers[0].waitUntil("INFO", "replication", contains: "master_link_status:up")
                for sentinel in deployment.sentinels {
                    try await sentinel.waitUntil("SENTINEL", "REPLICAS", PrivateSentinels.masterName) { reply in
                        guard case .array(let replicas) = reply else { return false }
                        return replicas.contains { $0.field("master-link-status") == "ok" }
                    }
                }
                let killed = try await failover(to: 0, of: deployment, limiter, load) {
                    await deployment.servers[1].kill()
                }
                #expect(killed.contains(.disconnected))
                #expect(killed.isSubset(of: [.disconnected, .readOnly, .circuitOpen, .timedOut]))
                running.cancel()
                await running.value
            }
        }
    }

    /// Waits until nothing is wanted to be looked at any more.
    private func waitUntilAtRest(_ limiter: RedisLimiter) async throws {
        guard case .several(let router) = limiter.servers else {
            throw RedisError(.configuration, "the limiter has one server")
        }
        try await until { router.refresh.due >= .now() + .seconds(60) }
    }

    /// Runs what makes a failover, and waits until decisions are made by the new primary.
    ///
    /// - Returns: The reasons for which decisions were missing meanwhile.
    private func failover(
        to place: Int, of deployment: PrivateSentinels, _ limiter: RedisLimiter, _ load: Load,
        by body: () async throws -> Void
    ) async throws -> Set<Unavailability> {
        load.forgetFailures()
        let port = deployment.serverPorts[place]
        try await body()
        while limiter.health.topology?.primaries.first?.address.port != port {
            try await Task.sleep(for: .milliseconds(1))
        }
        await load.waitForAllowed(more: 1000)
        #expect(limiter.health.isHealthy)
        return load.failures
    }
}
