import AdminAPI
import CommandSupport
import Foundation
import ParallaxCore

/// One drill over HTTP: the flip by the first instance, all of them in legacy, the way back, and the note that it
/// worked.
struct DrillRun: Sendable {
    /// Longer than any instance takes to follow the file, and shorter than the drill's own end.
    private static let timeout: Duration = .seconds(20)
    private static let pause: Duration = .milliseconds(10)

    /// The first one drills.
    let clients: [AdminClient]

    /// Drills. However it ends, the instance was asked to put the flags back, also where this task was cancelled.
    ///
    /// - Throws: ``CommandFailure`` saying what went wrong and what has become of the flags.
    func run(by: String, reason: String) async throws -> DrillResult {
        guard let first = clients.first else { preconditionFailure("a drill needs an instance") }
        let (before, names) = try await states()
        let clock = ContinuousClock()
        var start = clock.now
        let _: DrillStartAnswer = try await first.post(
            "/v1/rollback/drill", body: ReasonedRequest(by: by, reason: reason))
        let applied: Duration
        do {
            try await waitUntilLegacy()
            applied = clock.now - start
        } catch {
            // Not in this task, which may be cancelled: the flags come first.
            let end = await Task { await self.tryToEnd(first) }.value
            throw Self.explain(error, end)
        }
        start = clock.now
        let end: DrillEndAnswer = try await first.post("/v1/rollback/drill/end", body: Nothing())
        guard end.outcome == "restored" else { throw Self.failure(end) }
        do {
            try await wait("are back where they were") { client, place in
                try await client.strategy() == before[place]
            }
        } catch is CancellationError {
            throw DrillInterruption(state: "The file is as it was.")
        }
        var result = DrillResult(
            instances: names.isEmpty ? clients.count : names.count, heard: names, strategy: before[0],
            appliedMs: Self.milliseconds(applied), restoredMs: Self.milliseconds(clock.now - start))
        let recorded: DrillRecordAnswer = try await first.post("/v1/rollback/drill/record", body: result.record)
        result.unheard = recorded.unheard ?? []
        return result
    }

    /// The strategies, by address, and the names of the instances, each once: two addresses may lead to one instance.
    private func states() async throws -> (strategies: [String], names: [String]) {
        var (strategies, names): ([String], [String]) = ([], [])
        for client in clients {
            let health: Health = try await client.get("/health", query: [])
            strategies.append(health.security.middlewareStatus.migrationStrategy)
            if let name = health.instance, !names.contains(name) { names.append(name) }
        }
        return (strategies, names)
    }

    /// Until every instance says so, and answers a question so.
    private func waitUntilLegacy() async throws {
        try await wait("answer in legacy") { client, _ in
            guard try await client.strategy() == "legacy" else { return false }
            let answer: Answer = try await client.post("/v1/check", body: Question())
            return answer.strategy == "legacy" && answer.backend == "memory-legacy"
        }
    }

    private func wait(
        _ what: String, _ isThere: @escaping @Sendable (AdminClient, _ place: Int) async throws -> Bool
    ) async throws {
        let deadline = ContinuousClock.now + Self.timeout
        for (place, client) in clients.enumerated() {
            while try await !isThere(client, place) {
                guard ContinuousClock.now < deadline else {
                    throw CommandFailure(
                        .failure, "not all instances \(what) within 20 s: \(client.baseURL) does not",
                        remedy: "Do all of them read the same flag file? See 'parallax flags show' and its /health.")
                }
                try await Task.sleep(for: Self.pause)
            }
        }
    }

    private func tryToEnd(_ client: AdminClient) async -> DrillEndAnswer? {
        try? await client.post("/v1/rollback/drill/end", body: Nothing())
    }

    private static func milliseconds(_ duration: Duration) -> Int64 { Int64(duration / .milliseconds(1)) }
}

extension DrillRun {
    /// Says what the flags are now, in addition to what went wrong.
    private static func explain(_ error: any Error, _ end: DrillEndAnswer?) -> any Error {
        let state =
            switch end?.outcome {
            case "restored": "The flags are as they were."
            case nil: "The instance did not say whether it has put the flags back: see 'parallax flags show'."
            default: end.map { failure($0).description } ?? ""
            }
        if error is CancellationError { return DrillInterruption(state: state) }
        guard let failure = error as? CommandFailure else { return error }
        return CommandFailure(
            failure.status, failure.message, remedy: [failure.remedy, state].compactMap(\.self).joined(separator: " "))
    }

    private static func failure(_ end: DrillEndAnswer) -> CommandFailure {
        switch end.outcome {
        case "changed_by_others", "taken_over":
            CommandFailure(
                .failure,
                "another person or program wrote the flags during the drill, and those stay: it does not count",
                remedy: "See 'parallax flags history', and drill again.")
        default:
            CommandFailure(
                .failure, "the flags are at legacy and could not be put back: \(end.problem ?? end.outcome)",
                remedy: "The instance tries again; 'parallax rollback drill --restore' does it without one.")
        }
    }
}

/// A drill that a person broke off.
struct DrillInterruption: Error, Equatable {
    /// What has become of the flags.
    let state: String
}

extension DrillRun {
    /// The result of a drill.
    struct DrillResult: Encodable, Equatable {
        let instances: Int
        /// Their names, as they give them in `/health`.
        let heard: [String]
        /// The instances that share the flag file and were not watched.
        var unheard: [String] = []
        /// The strategy before and after.
        let strategy: String
        /// From asking for the flip until all instances answered in legacy, and from asking for the way back until all
        /// were.
        let appliedMs: Int64
        let restoredMs: Int64

        var text: String {
            let who = NumberFormat.counted(instances, "instance")
            var lines = [
                "flip         \(who) answered in legacy after \(appliedMs) ms",
                "way back     \(who) in \(strategy) again after \(restoredMs) ms, the file byte for byte as it was",
            ]
            if !heard.isEmpty { lines.append("drilled      \(Self.list(heard))") }
            if !unheard.isEmpty { lines.append("not drilled  \(Self.list(unheard))") }
            return (lines + [conclusion]).joined(separator: "\n")
        }

        /// Whether every instance that follows the flag file was drilled.
        var isComplete: Bool { unheard.isEmpty }

        private var conclusion: String {
            guard !isComplete else { return "The drill is noted for the gate." }
            return
                "Not all were drilled: \(NumberFormat.count(instances)) of \(NumberFormat.count(instances + unheard.count)) "
                + "instances that follow the flag file. The gate waits for a drill of all: name each with --url."
        }

        private static func list(_ names: [String]) -> String {
            names.map(\.escapedForTerminal).joined(separator: ", ")
        }

        fileprivate var record: DrillRecordRequest {
            DrillRecordRequest(appliedMs: appliedMs, restoredMs: restoredMs, instances: instances, heard: heard)
        }
    }
}

// What goes over the wire outside the admin routes.
extension DrillRun {
    fileprivate struct Nothing: Encodable {}

    /// Looks without consuming, as an identity that no one has.
    fileprivate struct Question: Encodable {
        var organization = "parallax"
        var identifier = "drill"
        var cost = 0
    }

    fileprivate struct Answer: Decodable {
        let strategy: String
        let backend: String
    }

    fileprivate struct Health: Decodable {
        struct Security: Decodable {
            let middlewareStatus: MiddlewareStatus
        }
        struct MiddlewareStatus: Decodable {
            let migrationStrategy: String
        }
        let instance: String?
        let security: Security
    }
}

extension AdminClient {
    /// The strategy that the instance says it is in.
    fileprivate func strategy() async throws -> String {
        let health: DrillRun.Health = try await get("/health", query: [])
        return health.security.middlewareStatus.migrationStrategy
    }
}
