import CommandSupport
import ParallaxCore

/// What the measurements of the distributed limiter came to.
struct RedisBenchmarkResult: Equatable, Encodable, Sendable {
    static let leastThroughput = 0.95
    static let mostLatency = 1.3
    /// Bytes of 10,000 identities with ten units each.
    static let mostBytesOfTenUnits = 2_300_000.0
    static let mostBytesAUnit = 5.0

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
    var figures: [BoundedFigure] {
        throughputFigures + latencyFigures + ScriptCost.Case.allCases.flatMap(scriptFigures) + longLogFigures
            + memoryFigures
    }

    private var throughputFigures: [BoundedFigure] {
        guard !throughput.isEmpty else { return [] }
        return [
            BoundedFigure(
                "\(RedisRace.callers) callers over redis-benchmark -c 50 -P 16",
                throughput.map { $0.limiter / $0.redisBenchmark }.median, "x", bound: .atLeast(Self.leastThroughput)),
            BoundedFigure("  the limiter", throughput.map(\.limiter).median, "calls/s", decimals: 0),
            BoundedFigure("  redis-benchmark", throughput.map(\.redisBenchmark).median, "calls/s", decimals: 0),
            BoundedFigure("  script under the limiter", throughput.map(\.limiterScriptMicroseconds).median, "us/call"),
            BoundedFigure(
                "  script under redis-benchmark", throughput.map(\.redisBenchmarkScriptMicroseconds).median, "us/call"),
        ]
    }

    private var latencyFigures: [BoundedFigure] {
        guard !latency.isEmpty else { return [] }
        return [
            BoundedFigure(
                "one caller's p50 over redis-benchmark -c 1", latency.map { $0.limiter / $0.redisBenchmark }.median,
                "x", bound: .atMost(Self.mostLatency)),
            BoundedFigure("  the limiter", latency.map(\.limiter).median * 1000, "us", decimals: 1),
            BoundedFigure("  redis-benchmark", latency.map(\.redisBenchmark).median * 1000, "us", decimals: 1),
        ]
    }

    private func scriptFigures(_ state: ScriptCost.Case) -> [BoundedFigure] {
        let samples = scriptCosts.filter { $0.state == state }
        guard !samples.isEmpty else { return [] }
        return [
            BoundedFigure(
                "script, \(state.rawValue), over returning 1", samples.map(\.times).median, "x",
                bound: .atMost(state.mostTimes)),
            BoundedFigure("  the script", samples.map(\.script).median, "us/call"),
            BoundedFigure("  returning 1", samples.map(\.returningOne).median, "us/call"),
        ]
    }

    private var memoryFigures: [BoundedFigure] {
        guard let memory else { return [] }
        let count = NumberFormat.count(memory.identities)
        let all = Double(memory.identities)
        let units = all * Double(RedisMemory.fullUnits)
        // The bound is for ten thousand.
        let most = Self.mostBytesOfTenUnits / 10_000 * all / 1e6
        return [
            BoundedFigure(
                "\(count) identities with \(RedisMemory.fewUnits) units", Double(memory.tenUnits) / 1e6, "MB",
                bound: .atMost(most)),
            BoundedFigure("  each", Double(memory.tenUnits) / all, "bytes", decimals: 0),
            BoundedFigure(
                "\(count) identities with \(RedisMemory.fullUnits) units, a unit", Double(memory.fullHour) / units,
                "bytes", bound: .atMost(Self.mostBytesAUnit)),
            BoundedFigure("  an identity", Double(memory.fullHour) / all, "bytes", decimals: 0),
            BoundedFigure(
                "the same after up to an hour more, a unit", Double(memory.laterHour) / units, "bytes",
                bound: .atMost(Self.mostBytesAUnit)),
            BoundedFigure("  an identity", Double(memory.laterHour) / all, "bytes", decimals: 0),
        ]
    }
}
