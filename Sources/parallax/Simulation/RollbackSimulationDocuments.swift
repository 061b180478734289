import DivergenceStore
import ParallaxCore
import Simulation

/// The tables as JSON.
struct RollbackTablesDocument: Encodable {
    struct Rate: Encodable {
        /// With `upSeconds`, of outages that come again and again; left out otherwise.
        let downSeconds: Int?
        let upSeconds: Int?
        let requestsPerSecond: Double
        let errorPercent: Double
        let latency: Latency?
        let latencyFactor: Double
        let days: Int
        let rollbacks: Int
        let perDay: Double
        let upperPerDay: Double
        let verdict: StudyVerdict?
    }

    struct Delay: Encodable {
        /// With `upSeconds`, of outages that come again and again; left out otherwise.
        let downSeconds: Int?
        let upSeconds: Int?
        let requestsPerSecond: Double
        let errorPercent: Double?
        let redisSuccessPercent: Double
        let latency: Latency?
        let latencyFactor: Double
        let runs: Int
        let detected: Int
        let medianSeconds: Int?
        let p95Seconds: Int?
        let triggers: [String: Int]
        let barSeconds: Int?
        let verdict: StudyVerdict?
    }

    struct Latency: Encodable {
        let medianMilliseconds: Double
        let spread: Double
        let tailShare: Double
        let tailExponent: Double
        let dailySwing: Double
    }

    let seed: UInt64
    let settings: RollbackSettings
    let falseRollbacks: [Rate]
    let errors: [Delay]
    let redisDown: [Delay]
    let crashLoops: [Delay]
    let rareOutages: [Rate]
    let unchangedLatency: [Rate]
    let latency: [Delay]

    init(_ tables: RollbackTables, _ extent: RollbackTables.Extent, _ settings: RollbackSettings) {
        seed = extent.seed
        self.settings = settings
        falseRollbacks = tables.falseRollbacks.map(Rate.init)
        errors = tables.errors.map(Delay.init)
        redisDown = tables.redisDown.map(Delay.init)
        crashLoops = tables.crashLoops.map(Delay.init)
        rareOutages = tables.rareOutages.map(Rate.init)
        unchangedLatency = tables.unchangedLatency.map(Rate.init)
        latency = tables.latency.map(Delay.init)
    }
}

extension RollbackTablesDocument.Latency {
    init?(_ service: ModelledService) {
        guard let shape = service.latency else { return nil }
        self.init(
            medianMilliseconds: shape.medianMilliseconds, spread: shape.spread, tailShare: shape.tailShare,
            tailExponent: shape.tailExponent, dailySwing: service.latencySwing)
    }
}

extension RollbackTablesDocument.Rate {
    init(_ cell: FalseRollbacks) {
        self.init(
            downSeconds: cell.loop?.downSeconds, upSeconds: cell.loop?.upSeconds,
            requestsPerSecond: cell.service.requestsPerSecond, errorPercent: cell.service.errorPercent,
            latency: .init(cell.service), latencyFactor: cell.condition.latencyFactor, days: cell.days,
            rollbacks: cell.rollbacks, perDay: cell.perDay, upperPerDay: cell.upperPerDay, verdict: cell.verdict)
    }
}

extension RollbackTablesDocument.Delay {
    init(_ cell: Detection) {
        self.init(
            downSeconds: cell.loop?.downSeconds, upSeconds: cell.loop?.upSeconds,
            requestsPerSecond: cell.service.requestsPerSecond, errorPercent: cell.condition.errorPercent,
            redisSuccessPercent: cell.condition.redisSuccessPercent, latency: .init(cell.service),
            latencyFactor: cell.condition.latencyFactor, runs: cell.runs, detected: cell.delays.count,
            medianSeconds: cell.medianSeconds, p95Seconds: cell.p95Seconds,
            triggers: Dictionary(uniqueKeysWithValues: cell.triggers.map { ($0.key.rawValue, $0.value) }),
            barSeconds: cell.barSeconds, verdict: cell.verdict)
    }
}

/// A scenario's outcome as JSON. Times are milliseconds since the Unix epoch, in simulated time.
struct ScenarioDocument: Encodable {
    struct Rollback: Encodable {
        let time: Timestamp
        let trigger: String
        let sentence: String
        let isDuringOutage: Bool
    }

    let seed: UInt64
    let settings: RollbackSettings
    let days: Int
    let outages: Int
    let outagesRolledBack: Int
    let medianSeconds: Int?
    let p95Seconds: Int?
    let rollbacks: [Rollback]

    init(_ outcome: ScenarioOutcome, seed: UInt64, _ settings: RollbackSettings) {
        self.seed = seed
        self.settings = settings
        days = outcome.scenario.days
        outages = outcome.outages.count
        outagesRolledBack = outcome.outages.count { $0 != nil }
        medianSeconds = outcome.delay(share: 0.5)
        p95Seconds = outcome.delay(share: 0.95)
        rollbacks = outcome.rollbacks.map { rollback in
            Rollback(
                time: rollback.evaluation.time, trigger: rollback.evaluation.trigger.rawValue,
                sentence: rollback.evaluation.sentence, isDuringOutage: rollback.isDuringOutage)
        }
    }
}

/// Evaluations judged again, as JSON. Times are milliseconds since the Unix epoch.
struct RejudgedDocument: Encodable {
    struct Counts: Encodable {
        let evaluations: Int
        let changed: Int
        let unknown: Int
    }

    struct Episode: Encodable {
        let trigger: String
        let from: Timestamp
        let to: Timestamp
        let evaluations: Int
        let isInPlay: Bool
        let sentence: String
    }

    struct RolledBack: Encodable {
        let id: Int64
        let time: Timestamp
        let trigger: String
        let isDryRun: Bool
    }

    let from: Timestamp?
    let to: Timestamp?
    let counts: [String: Counts]
    let fired: [Episode]
    let wouldFire: [Episode]
    let rollbacks: [RolledBack]

    init(_ history: RejudgedHistory, _ rollbacks: [StoredRollback]) {
        from = history.first
        to = history.last
        counts = Dictionary(
            uniqueKeysWithValues: history.counts.map { trigger, counts in
                let document = Counts(
                    evaluations: counts.evaluations, changed: counts.changed, unknown: counts.unknown)
                return (trigger.rawValue, document)
            })
        fired = history.fired.map(Episode.init)
        wouldFire = history.wouldFire.map(Episode.init)
        self.rollbacks = rollbacks.map { stored in
            RolledBack(
                id: stored.id, time: stored.rollback.evaluation.time,
                trigger: stored.rollback.evaluation.trigger.rawValue, isDryRun: stored.rollback.isDryRun)
        }
    }
}

extension RejudgedDocument.Episode {
    init(_ episode: FiringEpisode) {
        self.init(
            trigger: episode.trigger.rawValue, from: episode.first.time, to: episode.end,
            evaluations: episode.evaluations, isInPlay: episode.isInPlay, sentence: episode.first.sentence)
    }
}
