import Foundation
package import ParallaxCore

/// What the watchdog is measured by: false rollbacks and times to detect, each next to its bar.
package struct RollbackTables: Equatable, Sendable {
    /// How much is simulated.
    package struct Extent: Equatable, Sendable {
        /// Days of each cell of false rollbacks by errors.
        package var days: Int
        /// Days of each cell of false rollbacks by response times.
        package var latencyDays: Int
        /// Faults of each cell of times to detect.
        package var runs: Int
        package var seed: UInt64

        package init(days: Int, latencyDays: Int, runs: Int, seed: UInt64) {
            self.days = days
            self.latencyDays = latencyDays
            self.runs = runs
            self.seed = seed
        }
    }

    /// False rollbacks by rate, each with the error rates in ascending order.
    package var falseRollbacks: [FalseRollbacks] = []
    /// Times to detect errors.
    package var errors: [Detection] = []
    /// Times to detect that Redis is down.
    package var redisDown: [Detection] = []
    /// Times to detect that Redis goes down again and again.
    package var crashLoops: [Detection] = []
    /// False rollbacks by outages that are short and rare enough.
    package var rareOutages: [FalseRollbacks] = []
    /// False rollbacks by response times.
    package var unchangedLatency: [FalseRollbacks] = []
    /// Times to detect longer response times.
    package var latency: [Detection] = []

    package init() {}

    /// Every figure that has a bar.
    package var verdicts: [StudyVerdict] {
        (falseRollbacks + rareOutages + unchangedLatency).compactMap(\.verdict)
            + (errors + redisDown + crashLoops + latency).compactMap(\.verdict)
    }
}

extension RollbackTables {
    package static let rates: [Double] = [0.5, 1, 2, 10, 100, 1_000]
    package static let errorPercents: [Double] = [0, 1, 2, 3, 4, 4.5]

    /// Shapes of response times from narrow to very wide, without and with a heavy tail.
    package static let shapes = [
        LatencyShape(medianMilliseconds: 20, spread: 0.5),
        LatencyShape(medianMilliseconds: 20, spread: 1),
        LatencyShape(medianMilliseconds: 20, spread: 2),
        LatencyShape(medianMilliseconds: 20, spread: 0.5, tailShare: 0.1, tailExponent: 1.5),
        LatencyShape(medianMilliseconds: 20, spread: 1, tailShare: 0.1, tailExponent: 1.1),
    ]

    /// Fewer than one in a hundred days at two requests a second and above, up to 3 % of errors.
    static var falseRollbackStudies: [FalseRollbackStudy] {
        rates.flatMap { rate in
            errorPercents.map { percent in
                FalseRollbackStudy(
                    ModelledService(requestsPerSecond: rate, errorPercent: percent),
                    bar: rate >= 2 && percent <= 3 ? .below(perDay: 0.01) : nil)
            }
        }
    }

    static var errorStudies: [DetectionStudy] {
        let bars: [(percent: Double, seconds: Int)] = [(8, 300), (20, 120), (50, 60), (100, 40)]
        return [10.0, 2, 100].flatMap { rate in
            bars.map { bar in
                DetectionStudy(
                    ModelledService(requestsPerSecond: rate, errorPercent: 0.1),
                    CandidateCondition(errorPercent: bar.percent), barSeconds: rate == 10 ? bar.seconds : nil)
            }
        }
    }

    static var redisDownStudies: [DetectionStudy] {
        [(0.0, 150), (5, 150), (10, 150), (20, 150), (30, nil), (50, nil)].map { percent, bar in
            DetectionStudy(
                ModelledService(requestsPerSecond: 10, errorPercent: 0.1),
                CandidateCondition(redisSuccessPercent: percent), barSeconds: bar)
        }
    }

    /// Each outage is within the limit by itself. The last shape is one that is not noticed.
    static var crashLoopStudies: [DetectionStudy] {
        [(100, 60, 300), (110, 30, 300), (60, 60, 300), (30, 30, 300), (20, 40, 420), (10, 30, 600), (15, 60, nil)]
            .map { down, up, bar in
                DetectionStudy(
                    ModelledService(requestsPerSecond: 10, errorPercent: 0.1),
                    CandidateCondition(redisSuccessPercent: 0), loop: CrashLoop(downSeconds: down, upSeconds: up),
                    barSeconds: bar)
            }
    }

    /// Failovers and restarts that a person would not want to be woken for.
    static var rareOutageStudies: [FalseRollbackStudy] {
        [(10, 110), (30, 570), (60, 540), (110, 1_690)].map { down, up in
            FalseRollbackStudy(
                ModelledService(requestsPerSecond: 10, errorPercent: 0.1), CandidateCondition(redisSuccessPercent: 0),
                loop: CrashLoop(downSeconds: down, upSeconds: up), bar: .never(inDays: 100))
        }
    }

    /// Not one if nothing changed, also where waits swing by a fifth over the day.
    static var unchangedLatencyStudies: [FalseRollbackStudy] {
        shapes.flatMap { shape in
            [(0.0, 1.0), (0.2, 1), (0, 2)].map { swing, factor in
                FalseRollbackStudy(
                    ModelledService(requestsPerSecond: 5, latency: shape, latencySwing: swing),
                    CandidateCondition(latencyFactor: factor), bar: factor == 1 ? .never(inDays: 100) : nil)
            }
        }
    }

    static var latencyStudies: [DetectionStudy] {
        shapes.flatMap { shape in
            [(3.0, nil), (4, 300)].map { factor, bar in
                DetectionStudy(
                    ModelledService(requestsPerSecond: 5, latency: shape), CandidateCondition(latencyFactor: factor),
                    barSeconds: bar)
            }
        }
    }
}

extension RollbackTables {
    /// One of the tables, in the order in which they are shown. The raw values make the seeds: they never change.
    package enum Part: Int, CaseIterable, Sendable {
        case falseRollbacks = 0
        case errors = 1
        case redisDown = 2
        case crashLoops = 5
        case rareOutages = 6
        case unchangedLatency = 3
        case latency = 4
    }

    /// Simulates one table, its cells side by side on all processors. The same seed gives the same figures.
    ///
    /// - Throws: ``RollbackSettingsError``, or `CancellationError`.
    package mutating func fill(_ part: Part, _ extent: Extent, settings: RollbackSettings) async throws {
        switch part {
        case .falseRollbacks:
            falseRollbacks = try await Self.run(Self.falseRollbackStudies, part, extent) { study, seed in
                try study.run(days: extent.days, settings: settings, seed: seed)
            }
        case .unchangedLatency:
            unchangedLatency = try await Self.run(Self.unchangedLatencyStudies, part, extent) { study, seed in
                try study.run(days: extent.latencyDays, settings: settings, seed: seed)
            }
        case .errors:
            errors = try await Self.run(Self.errorStudies, extent, part, settings)
        case .redisDown:
            redisDown = try await Self.run(Self.redisDownStudies, extent, part, settings)
        case .crashLoops:
            crashLoops = try await Self.run(Self.crashLoopStudies, extent, part, settings)
        case .rareOutages:
            rareOutages = try await Self.run(Self.rareOutageStudies, part, extent) { study, seed in
                try study.run(days: extent.latencyDays, settings: settings, seed: seed)
            }
        case .latency:
            latency = try await Self.run(Self.latencyStudies, extent, part, settings)
        }
    }

    private static func run(
        _ studies: [DetectionStudy], _ extent: Extent, _ part: Part, _ settings: RollbackSettings
    ) async throws -> [Detection] {
        try await run(studies, part, extent) { study, seed in
            try study.run(runs: extent.runs, settings: settings, seed: seed)
        }
    }

    private static func run<Study: Sendable, Figure: Sendable>(
        _ studies: [Study], _ part: Part, _ extent: Extent,
        _ simulate: @escaping @Sendable (Study, UInt64) throws -> Figure
    ) async throws -> [Figure] {
        // A sequence of its own for each cell, so that none depends on which others there are.
        var seeds = SplitMix64(seed: extent.seed &+ UInt64(part.rawValue) << 32)
        let cells = studies.map { (study: $0, seed: seeds.next()) }
        return try await concurrently(cells) { try simulate($0.study, $0.seed) }
    }
}

/// Whether a figure meets its bar. The raw values are shown and stand in JSON: they never change.
package enum StudyVerdict: String, Codable, Equatable, Sendable {
    case met
    case missed
    /// What was seen meets it, and was too little to be sure.
    case undecided
}

/// Computes something for each item, as many at a time as there are processors.
///
/// - Returns: The results in the order of the items.
func concurrently<Item: Sendable, Result: Sendable>(
    _ items: [Item], _ compute: @escaping @Sendable (Item) throws -> Result
) async throws -> [Result] {
    try await withThrowingTaskGroup(of: (Int, Result).self) { group in
        var results = [Result?](repeating: nil, count: items.count)
        var next = 0
        func start() {
            guard next < items.count else { return }
            let (index, item) = (next, items[next])
            next += 1
            group.addTask { (index, try compute(item)) }
        }
        for _ in 0..<ProcessInfo.processInfo.activeProcessorCount { start() }
        for try await (index, result) in group {
            results[index] = result
            start()
        }
        return results.compactMap(\.self)
    }
}
