import Settings
@testable import FeatureFlags
import ParallaxCore

@testable import ParallaxService

/// A health source that always tells the same.
struct ScriptedHealth: HealthSource {
    var report = HealthReport.sound

    func health() async -> HealthReport { report }
}

extension Baseline.Frozen {
    /// Of one response time of 10 ms, frozen at the beginning of 1970.
    static var sample: Baseline.Frozen {
        var baseline = Baseline()
        var settings = RollbackSettings()
        settings.baselineMinimumSamples = 1
        settings.baselineMinimumSeconds = 0
        var samples = LatencyHistogram()
        samples.record(.milliseconds(10))
        baseline.learn(samples, at: Timestamp(milliseconds: 0), settings: settings)
        return baseline.frozen!
    }
}

extension HealthReport {
    /// Hybrid, and nothing wrong anywhere.
    static let sound = HealthReport(
        instance: "test", environment: .development, flags: FlagFile(values: .defaultValue, isLoaded: true),
        redis: Redis(state: .healthy, hasAnswered: true, roundTripMilliseconds: 0.25),
        recorder: Recorder(pending: 3, capacity: 100, written: 40, dropped: ["buffer_full": 2]),
        triggers: Trigger.allCases.map { TriggerReading(trigger: $0, state: .ok) },
        memory: MemoryOccupancy(identities: 5, bytes: 900, evictions: 1))

    /// The same with a strategy.
    static func sound(_ strategy: Strategy) -> HealthReport {
        var report = sound
        report.flags.values.distributedEnabled = strategy != .legacy
        report.flags.values.hybrid = strategy == .hybrid
        return report
    }
}
