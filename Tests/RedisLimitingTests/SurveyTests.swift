import NIOCore
import ParallaxCore
import ParallaxTesting
import RedisLimiting
import Testing

@Suite(.timeLimit(.minutes(1))) struct SurveyTests {
    private static func report(_ memory: String, cluster: Int = 0) -> ServerReport {
        ServerReport(
            memory: "# Memory\r\n" + memory.replacing(" ", with: "\r\n") + "\r\n",
            cluster: "# Cluster\r\ncluster_enabled:\(cluster)\r\n")
    }

    @Test(
        "what a server says of its memory is a concern only if it has a bound",
        arguments: [
            ("used_memory:900 maxmemory:0 maxmemory_policy:allkeys-lru", []),
            ("used_memory:100 maxmemory:1000 maxmemory_policy:noeviction", []),
            ("used_memory:790 maxmemory:1000 maxmemory_policy:noeviction", []),
            ("used_memory:900 maxmemory:1000 maxmemory_policy:noeviction", [.memory(percent: 90)]),
            ("used_memory:100 maxmemory:1000 maxmemory_policy:volatile-ttl", [.eviction(policy: "volatile-ttl")]),
            ("", []), ("used_memory:x maxmemory:y", []), ("maxmemory:1000", []),
        ] as [(String, [ServerConcern])])
    func memory(_ text: String, _ concerns: [ServerConcern]) {
        #expect(Self.report(text).concerns(isOneServer: true) == concerns)
    }

    @Test("a cluster's node is a concern of an address of one server only")
    func clusterNode() {
        let report = Self.report("", cluster: 1)
        #expect(report.concerns(isOneServer: true) == [.clusterNode])
        #expect(report.concerns(isOneServer: false) == [])
    }

    @Test("a real server's memory, policy and state of cluster are read")
    func real() async throws {
        try await withPrivateRedis { redis in
            try await withRedisLimiter(redis.settings) { limiter in
                #expect(try await limiter.survey(timeout: .seconds(30)) == [])
                try await redis.ask("CONFIG", "SET", "maxmemory", "1gb")
                try await redis.ask("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
                #expect(
                    try await limiter.survey(timeout: .seconds(30)) == [.eviction(policy: "allkeys-lru")])
            }
        }
    }

    @Test("every node of a cluster is known as one, whether or not it owns the probe's slot")
    func cluster() async throws {
        try await withPrivateCluster { cluster in
            for port in cluster.ports {
                var settings = cluster.settings
                settings.url = try RedisURL("redis://127.0.0.1:\(port)")
                try await withRedisLimiter(settings) { limiter in
                    let concerns = try await limiter.survey(timeout: .seconds(30))
                    #expect(concerns.contains(.clusterNode))
                }
            }
        }
    }

    @Test("a decision that one server sends to another node shows that it belongs to a cluster")
    func moved() async throws {
        try await withPrivateCluster { cluster in
            var settings = cluster.settings
            settings.url = try RedisURL("redis://127.0.0.1:\(cluster.ports[0])")
            settings.breaker.failuresToOpen = .max
            try await withRedisLimiter(settings) { limiter in
                for number in 0..<64 {
                    let identity = try Identity(identifier: "caller \(number)")
                    _ = await limiter.check(try CheckRequest(identity: identity, policy: .defaultValue), at: nil)
                }
                #expect(limiter.hasMetCluster)
            }
        }
    }

    @Test("a subscription that is refused is found, and one that works is not")
    func subscription() async throws {
        try await withPrivateRedis { redis in
            try await withRedisLimiter(redis.settings) { limiter in
                #expect(await limiter.subscriptionProblem(timeout: .seconds(30)) == nil)
            }
            try await redis.ask("ACL", "SETUSER", "few", "on", ">pw", "~*", "resetchannels", "+@all")
            var settings = redis.settings
            settings.url = try RedisURL("unix://few:pw@\(redis.socketPath)")
            try await withRedisLimiter(settings) { limiter in
                #expect(await limiter.subscriptionProblem(timeout: .seconds(30))?.code == .unauthorized)
            }
        }
    }
}
