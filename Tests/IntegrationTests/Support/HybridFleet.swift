import DivergenceStore
import Foundation
import ParallaxCore

/// Instances of the built binary in hybrid mode on one Redis, each with a database of its own.
struct HybridFleet {
    /// Small windows, so that clients soon push against each of them.
    private static let limits = [
        "RATE_LIMIT_PER_SECOND": "8", "RATE_LIMIT_BURST": "12", "RATE_LIMIT_BURST_WINDOW": "3",
        "RATE_LIMIT_PER_MINUTE": "30", "RATE_LIMIT_PER_HOUR": "1000",
    ]

    private let folder: URL
    private let settings: [String: String]
    private(set) var services: [ParallaxProcess] = []

    /// - Parameter settings: Of every instance, next to the limits and those that make it a fleet.
    init(_ count: Int, redisURL: String, folder: URL, settings: [String: String] = [:]) async throws {
        self.folder = folder
        self.settings = Self.limits
            .merging([
                "REDIS_URL": redisURL, "CONFIG_DIRECTORY": folder.path,
                "FEATURE_FLAG_FILE": folder.appending(path: "flags.json").path,
                "DISTRIBUTED_RATE_LIMITING_ENABLED": "true", "HYBRID_RATE_LIMITING": "true",
                // On a busy machine a decision may take long; none of these tests is about that.
                "REDIS_DECISION_TIMEOUT": "5", "CANDIDATE_MAX_IN_FLIGHT": "10000",
                // No less than that, as by default: a later answer would pass for a clock that stepped.
                "CLOCK_SKEW_TOLERANCE_MS": "5000",
            ]) { $1 }
            .merging(settings) { $1 }
        for place in 0..<count { services.append(try await start(place)) }
    }

    private func start(_ place: Int) async throws -> ParallaxProcess {
        try await ParallaxProcess(
            environment: settings.merging([
                "INSTANCE_ID": "instance-\(place)", "DATABASE_PATH": database(place),
            ]) { $1 })
    }

    private func database(_ place: Int) -> String { folder.appending(path: "\(place).sqlite").path }

    /// Ends an instance as an orchestrator does, and starts it again on the same database.
    mutating func restart(_ place: Int) async throws {
        _ = await services[place].terminate()
        services[place] = try await start(place)
    }

    /// Ends all instances, which write what they still hold, and reads what they recorded.
    func finish() async throws -> CauseFigures {
        for service in services { await service.terminate() }
        let stores = try services.indices.map { try DivergenceStore(readingFrom: database($0)) }
        var rows: [StoredDivergence] = []
        for store in stores { rows += try await store.divergences(limit: 10_000) }
        return CauseFigures(report: try await DivergenceStore.report(of: stores), rows: rows)
    }
}
