import Settings
import DivergenceStore
import Foundation
import ParallaxCore
import RedisLimiting
import Replay

/// Everything that `parallax replay` needs to know before it starts.
struct ReplayPlan: Sendable {
    var log: String
    var format: LogFormat
    var identification: LogIdentification
    var organization: String
    var reorderMilliseconds: Int64
    var policy: Policy
    var simulation: Simulation.Settings
    var hashesIdentities: Bool
    /// Where the shared limiter is; `nil` for one in memory.
    var redis: RedisSettings?
    /// How many newly limited clients are listed for each fleet.
    var top: Int

    /// What the shared limiter is.
    var candidateName: String { redis == nil ? "memory" : "redis" }

    /// Runs the whole log, showing how far it is.
    func run(recordingIn store: DivergenceStore) async throws -> ReplayOutcome {
        let reader = try AccessLogReader(path: log, format: format)
        let start = ContinuousClock.now
        var meter = ProgressMeter(style: .detect(descriptor: STDERR_FILENO), verb: "judged")
        var replay = LogReplay(
            requests: OrderedRequests(
                reader: reader, identification: identification, organization: organization,
                reorderMilliseconds: reorderMilliseconds,
                renaming: hashesIdentities ? RememberedPseudonyms().rename : nil),
            simulation: Simulation(policy: policy, settings: simulation),
            recorder: WaitingRecorder(
                store: store, instances: (1...simulation.instances).map { "replay-\($0)" }))
        let goOn = { (progress: LogReplay.Progress) in
            show(progress, since: start, in: &meter)
            return !Task.isCancelled
        }
        if let redis {
            let candidate = try await RedisCandidate(redis)
            do {
                try await replay.run(candidate: candidate, goOn: goOn)
            } catch {
                await candidate.close(forgetting: replay.simulation.identities)
                throw error
            }
            await candidate.close(forgetting: replay.simulation.identities)
        } else {
            try await replay.run(candidate: InMemoryLimiter(bounds: .unbounded, shardCount: 1), goOn: goOn)
        }
        finish(replay, since: start, in: meter)
        return makeOutcome(replay, elapsed: start.duration(to: .now))
    }

    private func show(
        _ progress: LogReplay.Progress, since start: ContinuousClock.Instant, in meter: inout ProgressMeter
    ) {
        let position = ProgressMeter.Position(
            sent: progress.requests, fraction: progress.fraction, elapsed: start.duration(to: .now))
        if let output = meter.update(position) { Terminal.show(output) }
    }

    private func finish(_ replay: LogReplay, since start: ContinuousClock.Instant, in meter: ProgressMeter) {
        Terminal.show(
            meter.finish(
                ProgressMeter.Position(
                    sent: replay.judged, fraction: replay.requests.fraction, elapsed: start.duration(to: .now))))
        if TerminalStyle.detect(descriptor: STDERR_FILENO).isInteractive { Terminal.note("") }
    }

    private func makeOutcome(_ replay: LogReplay, elapsed: Duration) -> ReplayOutcome {
        ReplayOutcome(
            plan: self, judged: replay.judged, log: replay.requests.log, order: replay.requests.order,
            forecast: replay.simulation.makeForecast(top: top), elapsed: elapsed, failure: replay.failure)
    }
}

/// The result of a replay, in addition to the report.
struct ReplayOutcome: Sendable {
    let plan: ReplayPlan
    /// Requests that both sides judged.
    let judged: Int
    let log: AccessLogTally
    let order: ReorderTally
    let forecast: Forecast
    let elapsed: Duration
    /// Why it ended before the log's end.
    let failure: (any Error)?
}
