import NIOCore
import Synchronization

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
        let outcome = Eventual<RedisError?>()
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
