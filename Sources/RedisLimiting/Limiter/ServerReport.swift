import NIOCore
import Synchronization

/// What one server says about itself that matters to a limiter. Source: the command INFO.
package struct ServerReport: Equatable, Sendable {
    /// Bytes in use.
    package let usedBytes: Int?
    /// The most bytes that it may use; `nil` if it has no bound.
    package let maximumBytes: Int?
    /// What it does at that bound, such as `noeviction` or `allkeys-lru`.
    package let evictionPolicy: String?
    package let isClusterNode: Bool

    /// Reads the answers to `INFO memory` and `INFO cluster`. What is missing there is unknown.
    package init(memory: String, cluster: String) {
        let memory = ServerReport.fields(memory)
        usedBytes = memory["used_memory"].flatMap { Int($0) }
        maximumBytes = memory["maxmemory"].flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil }
        evictionPolicy = memory["maxmemory_policy"].map(String.init)
        isClusterNode = ServerReport.fields(cluster)["cluster_enabled"] == "1"
    }

    private static func fields(_ text: String) -> [Substring: Substring] {
        var fields: [Substring: Substring] = [:]
        for line in text.split(whereSeparator: \.isNewline) {
            guard let colon = line.firstIndex(of: ":") else { continue }
            fields[line[..<colon]] = line[line.index(after: colon)...]
        }
        return fields
    }
}

/// What is wrong with a server that answers.
package enum ServerConcern: Hashable, Sendable {
    /// The address names one server, and that is a node of a cluster: most keys belong to other nodes.
    case clusterNode
    /// Limits are forgotten when the memory is full.
    case eviction(policy: String)
    /// The memory is nearly full, or full.
    case memory(percent: Int)
    /// Resets cannot be subscribed to.
    case noResets(problem: String)

    /// The share of its bound from which on a server's memory is a concern, in percent.
    package static let memoryPercent = 80

    /// What is wrong, to stand after the name of the setting or "Redis".
    package var problem: String {
        switch self {
        case .clusterNode: "names one node of a Redis Cluster, so that most identities get no decision"
        case .eviction(let policy):
            "leads to a Redis that forgets limits when its memory is full (maxmemory-policy \(policy))"
        case .memory(let percent): "leads to a Redis that uses \(percent) % of its maxmemory"
        case .noResets(let problem): "leads to a Redis that refuses the subscription to resets: \(problem)"
        }
    }

    package var remedy: String {
        switch self {
        case .clusterNode: "write it as redis+cluster://host:6379,host:6379"
        case .eviction: "set maxmemory-policy noeviction, and give the limiter a Redis of its own"
        case .memory: "give it more memory: about 200 bytes for each identity that is active within the longest window"
        case .noResets:
            "give the user SUBSCRIBE and the channel; without them a reset does not reach the memory of other instances"
        }
    }

    /// Whether a person should look now: it makes the service degraded.
    package var isUrgent: Bool {
        switch self {
        case .clusterNode, .memory, .noResets: true
        case .eviction: false
        }
    }
}

extension ServerReport {
    /// What is wrong with the server.
    ///
    /// - Parameter isOneServer: Whether the address names one server and no cluster.
    package func concerns(isOneServer: Bool) -> [ServerConcern] {
        var concerns: [ServerConcern] = []
        if isOneServer, isClusterNode { concerns.append(.clusterNode) }
        guard let maximumBytes else { return concerns }
        if let evictionPolicy, evictionPolicy != "noeviction" { concerns.append(.eviction(policy: evictionPolicy)) }
        if let usedBytes, usedBytes / (maximumBytes / 100 + 1) >= ServerConcern.memoryPercent {
            concerns.append(.memory(percent: Int((Double(usedBytes) / Double(maximumBytes) * 100).rounded())))
        }
        return concerns
    }
}

extension RedisLimiter {
    /// What is wrong with the server, or with any primary of several.
    ///
    /// - Throws: ``RedisError`` if one does not answer, or refuses its user the right to INFO.
    package func survey(timeout: Duration = .seconds(2)) async throws(RedisError) -> Set<ServerConcern> {
        let deadline = NIODeadline.now() + TimeAmount(timeout)
        var concerns: Set<ServerConcern> = []
        for client in servers.primaries {
            let report = ServerReport(
                memory: try await client.information("memory", deadline: deadline),
                cluster: try await client.information("cluster", deadline: deadline))
            concerns.formUnion(report.concerns(isOneServer: servers.isOneServer))
        }
        if hasMetCluster { concerns.insert(.clusterNode) }
        return concerns
    }

    /// Subscribes to resets once, on a connection of its own.
    ///
    /// - Returns: Why that did not work; `nil` if it did.
    package func subscriptionProblem(timeout: Duration) async -> RedisError? {
        guard let source = servers.resetSource else { return nil }
        let connection = source.client.makeConnection(subscribingTo: script.keys.resetsChannel) { _ in }
        let outcome = Promise<RedisError?>()
        let running = Task {
            _ = outcome.settle(await connection.run(whenReady: { outcome.settle(nil) }))
        }
        let timer = Task {
            if (try? await Task.sleep(for: timeout)) != nil { outcome.settle(.late) }
        }
        let problem = await outcome.value()
        timer.cancel()
        running.cancel()
        await running.value
        return problem
    }
}

extension RedisServers {
    /// The clients of all primaries that are known.
    var primaries: [RedisClient] {
        switch self {
        case .one(let client, _): [client]
        case .several(let router): router.nodes.nodes.map(\.client)
        }
    }

    var isOneServer: Bool {
        if case .one = self { true } else { false }
    }
}

extension RedisClient {
    /// Asks for one section of INFO.
    fileprivate func information(_ section: String, deadline: NIODeadline) async throws(RedisError) -> String {
        let reply = try await send(RedisCommand("INFO", section), deadline: deadline)
        if case .error(let text) = reply { throw RedisError(serverReply: text) }
        return reply.text ?? ""
    }
}
