import ArgumentParser
import CommandSupport
import ParallaxCore

/// One measured figure next to the bound that it is to keep.
struct BoundedMeasurement: Equatable, Sendable {
    /// What a figure must not pass.
    enum Bound: Equatable, Sendable {
        case atLeast(Double)
        case atMost(Double)
    }

    /// What was measured, in a few words.
    let name: String
    let value: Double
    /// How the value is written: its unit, and how many decimals it deserves.
    let unit: String
    let decimals: Int
    /// `nil` for a figure that only helps to read the others.
    let bound: Bound?

    init(_ name: String, _ value: Double, _ unit: String = "", decimals: Int = 2, bound: Bound? = nil) {
        self.name = name
        self.value = value
        self.unit = unit
        self.decimals = decimals
        self.bound = bound
    }

    /// Whether the bound is kept; `nil` if there is none. What is not a number keeps none.
    var isKept: Bool? {
        switch bound {
        case .atLeast(let least): value >= least
        case .atMost(let most): value <= most
        case nil: nil
        }
    }
}

extension BoundedMeasurement: Encodable {
    private enum Key: String, CodingKey {
        case name, value, unit, atLeast, atMost, isKept
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(name, forKey: .name)
        // JSON knows no number for what could not be measured.
        try container.encodeIfPresent(value.isFinite ? value : nil, forKey: .value)
        try container.encode(unit, forKey: .unit)
        switch bound {
        case .atLeast(let least): try container.encode(least, forKey: .atLeast)
        case .atMost(let most): try container.encode(most, forKey: .atMost)
        case nil: break
        }
        try container.encodeIfPresent(isKept, forKey: .isKept)
    }
}

/// Figures next to their bounds, one a line.
enum MeasurementTable {
    /// The table for people: what was measured, its bound, and whether it is kept.
    static func text(_ figures: [BoundedMeasurement]) -> String {
        var table = TextTable([.left, .right, .left, .left])
        table.add("figure", "measured", "bound", "")
        for figure in figures {
            table.add(
                figure.name, text(figure.value, of: figure),
                figure.bound.map { text($0, of: figure) } ?? "",
                figure.isKept.map { $0 ? "kept" : "MISSED" } ?? "")
        }
        return table.lines(indent: 0).joined(separator: "\n")
    }

    private static func text(_ bound: BoundedMeasurement.Bound, of figure: BoundedMeasurement) -> String {
        switch bound {
        case .atLeast(let least): "at least \(text(least, of: figure))"
        case .atMost(let most): "at most \(text(most, of: figure))"
        }
    }

    private static func text(_ value: Double, of figure: BoundedMeasurement) -> String {
        guard value.isFinite else { return "-" }
        let number = NumberFormat.decimal(value, places: figure.decimals)
        return figure.unit.isEmpty ? number : "\(number) \(figure.unit)"
    }
}

/// How a measurement's figures are given out.
struct BenchReport: ParsableArguments {
    @Flag(help: "Print the figures, and every round behind them, as JSON.")
    var json = false

    @Flag(help: "Exit with 1 if a bound is missed.")
    var gate = false

    /// Ends the command if a bound was missed and that is to count.
    func enforce(_ figures: [BoundedMeasurement]) throws {
        if gate, figures.contains(where: { $0.isKept == false }) { throw ExitCode(1) }
    }
}

extension [Double] {
    /// The middle one, or the mean of the middle two; 0 of none.
    var median: Double {
        guard !isEmpty else { return 0 }
        let sorted = sorted()
        let middle = sorted.count / 2
        return sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
    }
}
