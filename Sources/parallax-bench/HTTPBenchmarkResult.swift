import CommandSupport
import Foundation
import ParallaxCore

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
        servers.filter { ($0.candidate?.share ?? 1) < HTTPBenchmarkResult.minimumCandidateShare }
    }

    static let minimumCandidateShare = 0.99

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

/// What an instance has counted of Redis's part in its answers, since it started.
struct CandidateCounts: Equatable, Encodable, Sendable {
    let answers: Int
    /// Answers for which Redis gave a verdict.
    let verdicts: Int
    /// Answers for which it gave none, by reason: those of attempts, and comparisons that were skipped.
    let failures: [String: Int]

    /// The share of all answers for which Redis gave a verdict.
    var share: Double { answers == 0 ? 0 : Double(verdicts) / Double(answers) }
}

extension CandidateCounts {
    /// Reads them from an instance's `/metrics`.
    ///
    /// - Returns: `nil` if a count is missing.
    init?(parsing text: String) {
        let samples = PrometheusSamples(parsing: text)
        guard let answers = samples.sum("parallax_decisions_total"),
            let attempts = samples.sum("parallax_redis_attempts_total"),
            let failures = samples.sum("parallax_redis_failures_total")
        else { return nil }
        self.answers = answers
        verdicts = attempts - failures
        let skipped = samples.sums("parallax_incomparable_total", by: "reason").filter { $0.key == "skipped" }
        self.failures = samples.sums("parallax_redis_failures_total", by: "reason")
            .merging(skipped, uniquingKeysWith: +)
    }
}

/// The samples of a `/metrics` page of the service's own, as far as sums of counts are wanted from it.
///
/// The labels that are asked for have values without commas, quotes and backslashes.
struct PrometheusSamples: Equatable, Sendable {
    private struct Sample: Equatable {
        let name: Substring
        let labels: [Substring]
        let value: Int
    }

    private let samples: [Sample]

    /// Reads the text. What is not a whole number is left out: no counter is one.
    init(parsing text: String) {
        samples = text.split(whereSeparator: \.isNewline).filter { !$0.hasPrefix("#") }.compactMap { line in
            guard let space = line.lastIndex(of: " "), let value = Int(line[line.index(after: space)...]) else {
                return nil
            }
            let series = line[..<space]
            guard let brace = series.firstIndex(of: "{") else { return Sample(name: series, labels: [], value: value) }
            let labels = series[series.index(after: brace)...].dropLast().split(separator: ",")
            return Sample(name: series[..<brace], labels: labels, value: value)
        }
    }

    /// The sum of all samples of a metric.
    ///
    /// - Returns: `nil` if there is no such metric: a count that is missing is not nought.
    func sum(_ name: String) -> Int? {
        let named = samples.filter { $0.name == name }
        return named.isEmpty ? nil : named.map(\.value).reduce(0, +)
    }

    /// The sums of a metric's samples for each value of a label, without those that are nought.
    func sums(_ name: String, by label: String) -> [String: Int] {
        let start = "\(label)=\""
        var sums: [String: Int] = [:]
        for sample in samples where sample.name == name && sample.value != 0 {
            guard let pair = sample.labels.first(where: { $0.hasPrefix(start) }) else { continue }
            sums[String(pair.dropFirst(start.count).dropLast()), default: 0] += sample.value
        }
        return sums
    }
}
