import ParallaxCore

extension ClockReading {
    /// A moment of virtual time, with a wall clock that started somewhere in 2027.
    static func at(_ seconds: Double) -> ClockReading {
        let milliseconds = Int64((seconds * 1000).rounded())
        return ClockReading(
            steadyMilliseconds: milliseconds, wall: Timestamp(milliseconds: 1_800_000_000_000 + milliseconds))
    }
}

extension RollbackSettings {
    /// The defaults with some changes.
    static func with(_ change: (inout RollbackSettings) -> Void) -> RollbackSettings {
        var settings = RollbackSettings()
        change(&settings)
        return settings
    }
}

extension Baseline {
    /// A baseline frozen at second 0.
    static func frozen(_ samples: LatencyHistogram) -> Baseline {
        var baseline = Baseline()
        let settings = RollbackSettings.with {
            $0.baselineMinimumSamples = 1
            $0.baselineMinimumSeconds = 0
        }
        baseline.learn(samples, at: ClockReading.at(0).wall, settings: settings)
        return baseline
    }

    /// A baseline of equal times.
    static func frozen(_ duration: Duration, samples: Int = 5_000) -> Baseline {
        var histogram = LatencyHistogram()
        for _ in 0..<samples { histogram.record(duration) }
        return frozen(histogram)
    }
}
