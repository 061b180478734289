import CommandSupport
import ParallaxCore
import Foundation

/// The servers' measurements, the bare route first.
struct HTTPBenchmarkResult: Sendable {
    /// One server's measurements.
    struct Server: Sendable {
        let name: String
        var rounds: [WrkOutput]
        /// Redis's part in the answers; `nil` if Redis is not asked.
        var candidate: CandidateCounts?

        /// Each figure's own median; errors are added up.
        var median: WrkOutput {
            WrkOutput(
                requestsPerSecond: rounds.map(\.requestsPerSecond).median,
                p50Milliseconds: rounds.map(\.p50Milliseconds).median,
                p99Milliseconds: rounds.map(\.p99Milliseconds).median,
                non2xxCount: rounds.map(\.non2xxCount).reduce(0, +),
                socketErrorCount: rounds.map(\.socketErrorCount).reduce(0, +))
        }
    }

    let servers: [Server]
    /// How long each measurement took.
    let seconds: Int

    var serversWithErrors: [String] { servers.filter { $0.median.hasErrors }.map(\.name) }

    /// Servers whose figures say little of Redis, since it did not answer throughout.
    var serversWithoutCandidate: [Server] {
        servers.filter { ($0.candidate?.share ?? 1) < HTTPBenchmarkResult.leastCandidateShare }
    }

    static let leastCandidateShare = 0.99

    /// A server's share of the first one's requests a second.
    func ratio(of server: Server) -> Double? {
        guard let bare = servers.first?.median.requestsPerSecond, bare > 0 else { return nil }
        return server.median.requestsPerSecond / bare
    }

    /// The table for people.
    var text: String {
        var table = TextTable([.left, .right, .right, .right, .right, .right, .right])
        table.add("server", "requests/s", "of bare", "p50 ms", "p99 ms", "errors", "by Redis")
        for server in servers {
            let median = server.median
            table.add(
                server.name, NumberFormat.count(Int(median.requestsPerSecond.rounded())),
                ratio(of: server).map { HTTPBenchmarkResult.decimals($0) } ?? "-",
                HTTPBenchmarkResult.decimals(median.p50Milliseconds),
                HTTPBenchmarkResult.decimals(median.p99Milliseconds),
                NumberFormat.count(median.non2xxCount + median.socketErrorCount),
                server.candidate.map { HTTPBenchmarkResult.decimals($0.share * 100) + " %" } ?? "-")
        }
        return table.lines(indent: 0).joined(separator: "\n")
    }

    private static func decimals(_ number: Double) -> String {
        NumberFormat.decimal(number, places: 2)
    }
}

extension HTTPBenchmarkResult: Encodable {
    private enum Key: String, CodingKey {
        case seconds, connections, identifiers, servers, name, rounds, median, ratioToBare, candidate
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(seconds, forKey: .seconds)
        try container.encode(WrkCommand.connections, forKey: .connections)
        try container.encode(WrkCommand.identifiers, forKey: .identifiers)
        var list = container.nestedUnkeyedContainer(forKey: .servers)
        for server in servers {
            var entry = list.nestedContainer(keyedBy: Key.self)
            try entry.encode(server.name, forKey: .name)
            try entry.encode(server.rounds, forKey: .rounds)
            try entry.encode(server.median, forKey: .median)
            try entry.encodeIfPresent(ratio(of: server), forKey: .ratioToBare)
            try entry.encodeIfPresent(server.candidate, forKey: .candidate)
        }
    }
}
