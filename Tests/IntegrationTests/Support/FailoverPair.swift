import Foundation
import ParallaxTesting
import RedisLimiting

/// A primary and its replica behind one address. The replica can be cut off and then put in the primary's place, without
/// what was written in between.
struct FailoverPair {
    let primary: PrivateRedis
    let replica: PrivateRedis
    /// A link to the socket of the server that clients reach.
    private let address: URL

    var url: String { "unix://\(address.path)" }

    fileprivate init(primary: PrivateRedis, replica: PrivateRedis, address: URL) throws {
        (self.primary, self.replica, self.address) = (primary, replica, address)
        try FileManager.default.createSymbolicLink(
            atPath: address.path, withDestinationPath: primary.socketPath)
    }

    /// Ends replication, once the replica has what is written until now.
    func cutOffReplica() async throws {
        let (primary, replica) = (primary, replica)
        try await eventually("the replica has everything") {
            let written = try await Self.offset("master_repl_offset", of: primary)
            return try await Self.offset("slave_repl_offset", of: replica) >= written
        }
        try await replica.ask("REPLICAOF", "NO", "ONE")
    }

    /// Ends the primary; who connects again reaches the replica.
    func failOver() async throws {
        try FileManager.default.removeItem(at: address)
        try FileManager.default.createSymbolicLink(
            atPath: address.path, withDestinationPath: replica.socketPath)
        await primary.kill()
    }

    private static func offset(_ name: String, of redis: PrivateRedis) async throws -> Int {
        let lines = try await redis.ask("INFO", "replication").text?.split(whereSeparator: \.isNewline) ?? []
        let line = lines.first { $0.hasPrefix("\(name):") }
        return line.flatMap { Int($0.dropFirst(name.count + 1)) } ?? 0
    }
}

/// Lends a primary with a replica that is in step with it.
func withFailoverPair<Result>(in folder: URL, _ body: (FailoverPair) async throws -> Result) async throws -> Result {
    let port = try LoopbackPorts.find(1)[0]
    return try await withPrivateRedis(arguments: ["--port", "\(port)", "--repl-diskless-sync-delay", "0"]) { primary in
        try await withPrivateRedis(arguments: ["--replicaof", "127.0.0.1", "\(port)"]) { replica in
            try await replica.waitUntil("INFO", "replication", contains: "master_link_status:up")
            let address = folder.appending(path: "redis.sock")
            return try await body(FailoverPair(primary: primary, replica: replica, address: address))
        }
    }
}
