import CommandSupport
import ParallaxCore

/// What the measurements of the distributed limiter came to.
struct RedisBenchmarkResult: Equatable, Encodable, Sendable {
    static let minimumThroughput = 0.95
    static let maximumLatency = 1.3
    /// Bytes of 10,000 identities with ten units each.
    static let maximumBytesOfTenUnits = 2_300_000.0
    static let maximumBytesPerUnit = 5.0

    /// Calls a second.
    var throughput: [RedisRace.Round] = []
    /// Median latencies in milliseconds.
    var latency: [RedisRace.Round] = []
    var scriptCosts: [ScriptCost.Sample] = []
    var longLogs: [LongLogCost.Sample] = []
    var lives: [LongLogLife.Reading] = []
    /// Next to another release's script.
    var longLogMemory: [LongLogMemory.Reading] = []
    var memory: RedisMemory.Reading?

    /// The figures next to their bounds: medians, and of ratios the median of each round's.
    var figures: [BoundedMeasurement] {
        throughputFigures + latencyFigures + ScriptCost.Case.allCases.flatMap(scriptFigures) + longLogFigures
            + memoryFigures
    }

    private var throughputFigures: [BoundedMeasurement] {
        guard !throughput.isEmpty else { return [] }
        return [
            BoundedMeasurement(
                "\(RedisRace.callers) callers over redis-benchmark -c 50 -P 16",
                throughput.map { $0.limiter / $0.redisBenchmark }.median, "x", bound: .atLeast(Self.minimumThroughput)),
            BoundedMeasurement("  the limiter", throughput.map(\.limiter).median, "calls/s", decimals: 0),
            BoundedMeasurement("  redis-benchmark", throughput.map(\.redisBenchmark).median, "calls/s", decimals: 0),
            BoundedMeasurement(
                "  script under the limiter", throughput.map(\.limiterScriptMicroseconds).median, "us/call"),
            BoundedMeasurement(
                "  script under redis-benchmark", throughput.map(\.redisBenchmarkScriptMicroseconds).median, "us/call"),
        ]
    }

    private var latencyFigures: [BoundedMeasurement] {
        guard !latency.isEmpty else { return [] }
        return [
            BoundedMeasurement(
                "one caller's p50 over redis-benchmark -c 1", latency.map { $0.limiter / $0.redisBenchmark }.median,
                "x", bound: .atMost(Self.maximumLatency)),
            BoundedMeasurement("  the limiter", latency.map(\.limiter).median * 1000, "us", decimals: 1),
            BoundedMeasurement("  redis-benchmark", latency.map(\.redisBenchmark).median * 1000, "us", decimals: 1),
        ]
    }

    private func scriptFigures(_ state: ScriptCost.Case) -> [BoundedMeasurement] {
        let samples = scriptCosts.filter { $0.state == state }
        guard !samples.isEmpty else { return [] }
        return [
            BoundedMeasurement(
                "script, \(state.rawValue), over returning 1", samples.map(\.times).median, "x",
                bound: .atMost(state.maximumRatio)),
            BoundedMeasurement("  the script", samples.map(\.script).median, "us/call"),
            BoundedMeasurement("  returning 1", samples.map(\.returningOne).median, "us/call"),
        ]
    }

    private var memoryFigures: [BoundedMeasurement] {
        guard let memory else { return [] }
        let count = NumberFormat.count(memory.identities)
        let all = Double(memory.identities)
        let units = all * Double(RedisMemory.fullUnits)
        // The bound is for ten thousand.
        let most = Self.maximumBytesOfTenUnits / 10_000 * all / 1e6
        return [
            BoundedMeasurement(
                "\(count) identities with \(RedisMemory.fewUnits) units", Double(memory.tenUnits) / 1e6, "MB",
                bound: .atMost(most)),
            BoundedMeasurement("  each", Double(memory.tenUnits) / all, "bytes", decimals: 0),
            BoundedMeasurement(
                "\(count) identities with \(RedisMemory.fullUnits) units, a unit", Double(memory.fullHour) / units,
                "bytes", bound: .atMost(Self.maximumBytesPerUnit)),
            BoundedMeasurement("  an identity", Double(memory.fullHour) / all, "bytes", decimals: 0),
            BoundedMeasurement(
                "the same after up to an hour more, a unit", Double(memory.laterHour) / units, "bytes",
                bound: .atMost(Self.maximumBytesPerUnit)),
            BoundedMeasurement("  an identity", Double(memory.laterHour) / all, "bytes", decimals: 0),
        ]
    }
}

extension RedisBenchmarkResult {
    /// A million units over sixty.
    static let maximumRatioToSixty = 4.0
    /// The script over another release's, with so many units.
    static let maximumRatioToReference = [60: 1.02, 1_000: 1.0]
    static let maximumSlowestMilliseconds = 15.0
    static let minimumUnitsPerSlowCall = 100_000.0
    /// Redis's memory of a log over the same log of another release's script, above 16,000 units.
    static let maximumMemoryRatioToReference = 2.0
    /// Twice what the log of a million units took while it was rewritten whole.
    static let maximumBytesPerUnitOfMillion = 8.4

    var longLogFigures: [BoundedMeasurement] {
        let costs = LongLogCost.Action.allCases.flatMap { action in
            LongLogCost.sizes.flatMap { figures(units: $0, action) }
        }
        return costs + lifeFigures + longLogMemoryFigures
    }

    private func figures(units: Int, _ action: LongLogCost.Action) -> [BoundedMeasurement] {
        let samples = longLogs.filter { $0.units == units && $0.action == action }
        guard !samples.isEmpty else { return [] }
        let name = "\(NumberFormat.count(units)) units logged, \(action.rawValue)"
        let script = samples.map(\.script).median
        var figures = [BoundedMeasurement("script, \(name)", script, "us/call")]
        let references = samples.compactMap { sample in sample.reference.map { sample.script / $0 } }
        if !references.isEmpty {
            figures.append(
                BoundedMeasurement(
                    "  over the reference", references.median, "x", decimals: 3,
                    bound: Self.maximumRatioToReference[units].map { .atMost($0) }))
            figures.append(BoundedMeasurement("  the reference", samples.compactMap(\.reference).median, "us/call"))
        }
        let sixty = longLogs.filter { $0.units == 60 && $0.action == action }.map(\.script)
        if units == LongLogCost.sizes.last, !sixty.isEmpty {
            figures.append(
                BoundedMeasurement(
                    "  over 60 units", script / sixty.median, "x", bound: .atMost(Self.maximumRatioToSixty)))
        }
        return figures
    }

    private var longLogMemoryFigures: [BoundedMeasurement] {
        longLogMemory.map { reading in
            BoundedMeasurement(
                "Redis's memory of up to \(NumberFormat.count(reading.units)) units over the reference, at most",
                reading.mostOverReference, "x", bound: .atMost(Self.maximumMemoryRatioToReference))
        }
    }

    /// Redis counts what other processes take from the processor during a call as the call's: of several lives the one with the
    /// least shows what the script takes.
    private var lifeFigures: [BoundedMeasurement] {
        guard let slowest = lives.map(\.slowest).min(), let bytes = lives.map(\.bytesPerUnit).max() else { return [] }
        let unitsPerSlowCall = lives.map { Double($0.units) / Double(max(1, $0.slowCalls)) }.max() ?? 0
        return [
            BoundedMeasurement(
                "script, slowest call with 1,000,000 units, the move of the base included", slowest, "ms",
                bound: .atMost(Self.maximumSlowestMilliseconds)),
            BoundedMeasurement(
                "  units accepted for each call above 1 ms", unitsPerSlowCall, decimals: 0,
                bound: .atLeast(Self.minimumUnitsPerSlowCall)),
            BoundedMeasurement(
                "  Redis's memory a unit, at most", bytes, "bytes",
                bound: .atMost(Self.maximumBytesPerUnitOfMillion)),
        ]
    }
}
