package import RedisLimiting

/// A primary and a replica under three sentinels, of a test's own: quick to notice that a server is gone.
package final class PrivateSentinels: Sendable {
    package static let masterName = "parallax"
    /// The first is the primary at the start.
    package let servers: [PrivateRedis]
    package let sentinels: [PrivateRedis]
    package let serverPorts: [Int]
    package let sentinelPorts: [Int]

    fileprivate init(password: String?, sentinelPassword: String?) async throws {
        let ports = try LoopbackPorts.find(5)
        serverPorts = Array(ports[..<2])
        sentinelPorts = Array(ports[2...])
        var started: [PrivateRedis] = []
        do {
            for port in serverPorts {
                let role = port == ports[0] ? [] : ["--replicaof", "127.0.0.1", "\(ports[0])"]
                started.append(
                    try await PrivateRedis(
                        password: password, arguments: PrivateSentinels.arguments(port, password: password) + role))
            }
            // A sentinel that starts later finds the replica at once, where it would else look again after ten seconds.
            try await started[1].waitUntil("INFO", "replication", contains: "master_link_status:up")
            for port in sentinelPorts {
                started.append(
                    try await PrivateRedis(
                        password: sentinelPassword,
                        configuration: PrivateSentinels.configuration(primary: ports[0], password: password),
                        arguments: ["--port", "\(port)", "--sentinel"]))
            }
        } catch {
            for redis in started { await redis.end() }
            throw error
        }
        servers = Array(started[..<2])
        sentinels = Array(started[2...])
        self.password = password
        self.sentinelPassword = sentinelPassword
    }

    private let password: String?
    private let sentinelPassword: String?

    /// Where it is, as a client is told.
    package var url: RedisURL {
        RedisURL(
            deployment: .sentinel(
                RedisURL.Sentinels(
                    nodes: sentinelPorts.map { NodeAddress(host: "127.0.0.1", port: $0) },
                    masterName: PrivateSentinels.masterName, password: sentinelPassword)),
            password: password)
    }

    /// Settings for a client, with the waits of a test. Nothing is found by looking from time to time.
    package var settings: RedisSettings { .forTests(of: url) }

    fileprivate func waitUntilReady(failsOver: Bool) async throws {
        for sentinel in sentinels {
            // Sentinels find each other by what they publish.
            try await sentinel.ask(
                "SENTINEL", "DEBUG", "PUBLISH-PERIOD", "50", "INFO-PERIOD", "200", "PING-PERIOD", "100",
                "ASK-PERIOD", "100", "ELECTION-TIMEOUT", "500", "MIN-LINK-RECONNECT-PERIOD", "50")
        }
        for sentinel in sentinels {
            try await sentinel.waitUntil("SENTINEL", "MASTER", PrivateSentinels.masterName) { reply in
                reply.field("num-slaves") == "1" && reply.field("num-other-sentinels") == "2"
            }
        }
        for sentinel in sentinels {
            // For four of these periods they let be what seems to be in the wrong role: time for a failover to be told.
            try await sentinel.ask("SENTINEL", "DEBUG", "PUBLISH-PERIOD", "10000")
            guard !failsOver else { continue }
            // A server that a busy machine kept waiting is not to be taken for dead.
            try await sentinel.ask(
                "SENTINEL", "SET", PrivateSentinels.masterName, "down-after-milliseconds", "60000")
        }
    }

    fileprivate func end() async {
        for redis in sentinels + servers { await redis.end() }
    }

    private static func arguments(_ port: Int, password: String?) -> [String] {
        ["--port", "\(port)", "--repl-diskless-sync-delay", "0"] + (password.map { ["--masterauth", $0] } ?? [])
    }

    private static func configuration(primary: Int, password: String?) -> String {
        """
        sentinel monitor \(masterName) 127.0.0.1 \(primary) 2
        sentinel down-after-milliseconds \(masterName) 300
        sentinel failover-timeout \(masterName) 2000
        \(password.map { "sentinel auth-pass \(masterName) \($0)" } ?? "")

        """
    }
}

/// Lends a primary, a replica and three sentinels to the body and ends them afterwards.
///
/// - Parameters:
///   - failsOver: Whether the replica takes over from a primary that does not answer.
///   - password: What clients of the data must give.
///   - sentinelPassword: What clients of the sentinels must give.
package func withPrivateSentinels<Result>(
    failsOver: Bool = true, password: String? = nil, sentinelPassword: String? = nil,
    _ body: (PrivateSentinels) async throws -> Result
) async throws -> Result {
    let deployment = try await PrivateSentinels(password: password, sentinelPassword: sentinelPassword)
    do {
        try await deployment.waitUntilReady(failsOver: failsOver)
        let result = try await body(deployment)
        await deployment.end()
        return result
    } catch {
        await deployment.end()
        throw error
    }
}
