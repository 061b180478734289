import CommandSupport
import ParallaxCore

extension RedisBenchmarkResult {
    /// A million units over sixty.
    static let mostTimesOfSixty = 4.0
    /// The script over another release's, with so many units.
    static let mostTimesOfReference = [60: 1.02, 1_000: 1.0]
    static let mostSlowestMilliseconds = 15.0
    static let leastUnitsPerSlowCall = 100_000.0
    /// Redis's memory of a log over the same log of another release's script, above 16,000 units.
    static let mostMemoryOfReference = 2.0
    /// Twice what the log of a million units took while it was rewritten whole.
    static let mostBytesPerUnitOfMillion = 8.4

    var longLogFigures: [BoundedFigure] {
        let costs = LongLogCost.Action.allCases.flatMap { action in
            LongLogCost.sizes.flatMap { figures(units: $0, action) }
        }
        return costs + lifeFigures + longLogMemoryFigures
    }

    private func figures(units: Int, _ action: LongLogCost.Action) -> [BoundedFigure] {
        let samples = longLogs.filter { $0.units == units && $0.action == action }
        guard !samples.isEmpty else { return [] }
        let name = "\(NumberFormat.count(units)) units logged, \(action.rawValue)"
        let script = samples.map(\.script).median
        var figures = [BoundedFigure("script, \(name)", script, "us/call")]
        let references = samples.compactMap { sample in sample.reference.map { sample.script / $0 } }
        if !references.isEmpty {
            figures.append(
                BoundedFigure(
                    "  over the reference", references.median, "x", decimals: 3,
                    bound: Self.mostTimesOfReference[units].map { .atMost($0) }))
            figures.append(BoundedFigure("  the reference", samples.compactMap(\.reference).median, "us/call"))
        }
        let sixty = longLogs.filter { $0.units == 60 && $0.action == action }.map(\.script)
        if units == LongLogCost.sizes.last, !sixty.isEmpty {
            figures.append(
                BoundedFigure(
                    "  over 60 units", script / sixty.median, "x", bound: .atMost(Self.mostTimesOfSixty)))
        }
        return figures
    }

    private var longLogMemoryFigures: [BoundedFigure] {
        longLogMemory.map { reading in
            BoundedFigure(
                "Redis's memory of up to \(NumberFormat.count(reading.units)) units over the reference, at most",
                reading.mostOverReference, "x", bound: .atMost(Self.mostMemoryOfReference))
        }
    }

    /// Redis counts what other processes take from the processor during a call as the call's: of several lives the one with the
    /// least shows what the script takes.
    private var lifeFigures: [BoundedFigure] {
        guard let slowest = lives.map(\.slowest).min(), let bytes = lives.map(\.bytesPerUnit).max() else { return [] }
        let unitsPerSlowCall = lives.map { Double($0.units) / Double(max(1, $0.slowCalls)) }.max() ?? 0
        return [
            BoundedFigure(
                "script, slowest call with 1,000,000 units, the move of the base included", slowest, "ms",
                bound: .atMost(Self.mostSlowestMilliseconds)),
            BoundedFigure(
                "  units accepted for each call above 1 ms", unitsPerSlowCall, decimals: 0,
                bound: .atLeast(Self.leastUnitsPerSlowCall)),
            BoundedFigure(
                "  Redis's memory a unit, at most", bytes, "bytes",
                bound: .atMost(Self.mostBytesPerUnitOfMillion)),
        ]
    }
}
