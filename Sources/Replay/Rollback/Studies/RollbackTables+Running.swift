package import ParallaxCore

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
