import AsyncHTTPClient
import CommandSupport
import Foundation
import NIOCore
import NIOHTTP1
import ParallaxCore

/// The servers side by side under wrk: what `parallax-bench http` runs.
struct HTTPBenchmark: Sendable {
    static let startLimit: Duration = .seconds(30)
    static let stopLimit: Duration = .seconds(30)
    /// Connections, caches and the pool to Redis are made before anything counts.
    static let warmUpSeconds = 1

    let servers: [BenchServer]
    let wrk: WrkCommand
    let folder: String
    let rounds: Int
    let seconds: Int
    /// Requests a second of all connections together; `nil` for as many as are answered.
    let rate: Int?
    /// The path of the service's program.
    let parallax: String
    let environment: [String: String]

    private var scriptPath: String { "\(folder)/check.lua" }

    /// Starts the servers, measures them in turn, and stops them, whatever happens in between.
    ///
    /// - Returns: `nil` if the task was cancelled.
    func run() async throws -> HTTPBenchmarkResult? {
        var processes: [InstanceProcess] = []
        let result: Result<HTTPBenchmarkResult, any Error>
        do {
            let script = WrkCommand.script + (rate.map { WrkCommand.pacing(requestsPerSecond: $0) } ?? "")
            try Data(script.utf8).write(to: URL(fileURLWithPath: scriptPath))
            for server in servers {
                processes.append(
                    try InstanceProcess(server.makeLaunch(parallax: parallax, inherited: environment)))
            }
            try await waitUntilReady(processes)
            result = .success(try await measureAll())
        } catch {
            result = .failure(error)
        }
        await stop(processes)
        if case .failure(is CancellationError) = result { return nil }
        return try result.get()
    }

    private func waitUntilReady(_ processes: [InstanceProcess]) async throws {
        let deadline = ContinuousClock.now + HTTPBenchmark.startLimit
        for (server, process) in zip(servers, processes) {
            while await server.get("/health/ready") == nil {
                guard process.isRunning, ContinuousClock.now < deadline else {
                    throw CommandFailure(
                        .failure, "the server \(server.kind.name) did not become ready",
                        remedy: "Its output:\n\(process.lastLines(10))")
                }
                try await Task.sleep(for: .milliseconds(50))
            }
        }
    }

    /// Round by round, so that what slows the machine for a while slows all of them.
    private func measureAll() async throws -> HTTPBenchmarkResult {
        for server in servers { _ = try await measure(server, seconds: HTTPBenchmark.warmUpSeconds) }
        var measured = servers.map { HTTPBenchmarkResult.Server(name: $0.kind.name, rounds: []) }
        for round in 1...rounds {
            for (number, server) in servers.enumerated() {
                let output = try await measure(server, seconds: seconds)
                measured[number].rounds.append(output)
                Terminal.note(
                    "Round \(round) of \(rounds), \(server.kind.name): \(NumberFormat.count(Int(output.requestsPerSecond))) requests/s"
                )
            }
        }
        for (number, server) in servers.enumerated() {
            measured[number].candidate = try await candidateCounts(of: server)
        }
        return HTTPBenchmarkResult(servers: measured, seconds: seconds)
    }

    /// Redis's part in a server's answers; `nil` if Redis is not asked.
    private func candidateCounts(of server: BenchServer) async throws -> CandidateCounts? {
        guard case .check(let strategy) = server.kind, strategy != .legacy else { return nil }
        guard let counts = await server.get("/metrics").flatMap(CandidateCounts.init(parsing:)) else {
            throw CommandFailure(.failure, "the metrics of \(server.kind.name) do not hold what is counted")
        }
        return counts
    }

    private func measure(_ server: BenchServer, seconds: Int) async throws -> WrkOutput {
        try await wrk.run(
            url: server.instance.url + "/v1/check", scriptPath: scriptPath, seconds: seconds,
            outputPath: "\(folder)/wrk.txt")
    }

    private func stop(_ processes: [InstanceProcess]) async {
        for process in processes { _ = await process.stop(grace: HTTPBenchmark.stopLimit) }
    }
}

/// A server that is measured: its kind, its address and its files.
struct BenchServer: Equatable, Sendable {
    /// What answers.
    enum Kind: Equatable, CaseIterable, Sendable {
        /// A Hummingbird route that answers the same few bytes to all.
        case bare
        /// An instance with this strategy.
        case check(Strategy)

        static let allCases: [Kind] = [.bare] + Strategy.allCases.map(Kind.check)

        var name: String {
            switch self {
            case .bare: "bare"
            case .check(let strategy): strategy.rawValue
            }
        }
    }

    /// The highest limit that the settings allow; each of a thousand identifiers stays far below it.
    static let limit = Policy.maximumLimit

    let kind: Kind
    let instance: DemoInstance

    init(kind: Kind, port: Int, folder: String, redisURL: String) {
        self.kind = kind
        instance = DemoInstance(name: kind.name, port: port, folder: folder, redisURL: redisURL)
    }

    /// How the server is started.
    ///
    /// - Parameters:
    ///   - parallax: The path of the service's program; the bare route is a part of this one.
    ///   - inherited: The environment of this process. No limit of it goes on: all figures come from the same ones.
    func makeLaunch(parallax: String, inherited: [String: String]) -> InstanceProcess.Launch {
        let unlimited = inherited.filter { !$0.key.hasPrefix("RATE_LIMIT_") }
        var launch = instance.makeLaunch(executable: parallax, inherited: unlimited)
        switch kind {
        case .bare:
            launch.executable = "/proc/self/exe"
            launch.arguments = ["route", "--port", "\(instance.port)"]
        case .check(let strategy): launch.environment.merge(settings(for: strategy)) { $1 }
        }
        return launch
    }

    /// The body of what the server answers to a GET with 200; `nil` for every other answer, and if there is none in 10 s.
    func get(_ path: String) async -> String? {
        let request = HTTPClientRequest(url: instance.url + path)
        guard let response = try? await HTTPClient.shared.execute(request, timeout: .seconds(10)),
            // A connection can be used again only if the answer was read to its end.
            let body = try? await response.body.collect(upTo: 1_048_576), response.status == .ok
        else { return nil }
        return String(buffer: body)
    }

    private func settings(for strategy: Strategy) -> [String: String] {
        var settings = [
            "DISTRIBUTED_RATE_LIMITING_ENABLED": strategy == .legacy ? "false" : "true",
            "FEATURE_FLAG_FILE": "\(instance.folder)/\(instance.name)-flags.json",
            "HYBRID_RATE_LIMITING": strategy == .hybrid ? "true" : "false",
            // A saturated machine is slow: without this an instance would go back to legacy while it is measured.
            "ROLLBACK_DRY_RUN": Trigger.allCases.map(\.rawValue).joined(separator: ","),
        ]
        for window in ["PER_SECOND", "PER_MINUTE", "PER_HOUR", "BURST"] {
            settings["RATE_LIMIT_\(window)"] = "\(BenchServer.limit)"
        }
        return settings
    }
}
