import CommandSupport
import ParallaxCore

/// Figures next to their bounds, one a line.
enum FigureTable {
    /// The table for people: what was measured, its bound, and whether it is kept.
    static func text(_ figures: [BoundedFigure]) -> String {
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

    private static func text(_ bound: BoundedFigure.Bound, of figure: BoundedFigure) -> String {
        switch bound {
        case .atLeast(let least): "at least \(text(least, of: figure))"
        case .atMost(let most): "at most \(text(most, of: figure))"
        }
    }

    private static func text(_ value: Double, of figure: BoundedFigure) -> String {
        guard value.isFinite else { return "-" }
        let number = NumberFormat.decimal(value, places: figure.decimals)
        return figure.unit.isEmpty ? number : "\(number) \(figure.unit)"
    }
}
