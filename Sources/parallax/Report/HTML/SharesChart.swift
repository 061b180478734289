import CommandSupport
import ParallaxCore

/// Shares as bars, each with the interval that the counts do not contradict.
struct SharesChart {
    private static let width = 960.0
    private static let left = 180.0
    private static let right = 210.0
    private static let rowHeight = 28.0

    let id: String
    let title: String
    let rows: [(name: String, estimate: ShareEstimate)]

    var html: HTML {
        guard !rows.isEmpty else { return .empty }
        return SVG.drawing(
            id: id, title: title,
            description: rows.map { "\($0.name): \(NumberFormat.share($0.estimate.share))" }.joined(separator: "; "),
            width: Self.width, height: Double(rows.count) * Self.rowHeight + 4,
            rows.enumerated().flatMap { bar($1.name, $1.estimate, at: Double($0) * Self.rowHeight) })
    }

    private var scale: Double {
        let most = rows.map(\.estimate.upper).max() ?? 1
        return (Self.width - Self.left - Self.right) / (most > 0 ? most : 1)
    }

    private func bar(_ name: String, _ estimate: ShareEstimate, at top: Double) -> [HTML] {
        let middle = top + Self.rowHeight / 2
        let (lower, upper) = (Self.left + estimate.lower * scale, Self.left + estimate.upper * scale)
        let style = name == DivergenceCause.unexplained.rawValue ? "bar-unexplained" : "bar-diverged"
        return [
            SVG.text(name, x: Self.left - 10, y: middle + 5, anchor: "end"),
            SVG.rectangle(
                style, x: Self.left, y: top + 5, width: estimate.share * scale, height: Self.rowHeight - 10,
                title: "\(name): \(NumberFormat.count(estimate.count)), \(NumberFormat.interval(estimate))"),
            SVG.line("whisker", from: (lower, middle), to: (upper, middle)),
            SVG.line("whisker", from: (lower, middle - 4), to: (lower, middle + 4)),
            SVG.line("whisker", from: (upper, middle - 4), to: (upper, middle + 4)),
            SVG.text(
                "\(NumberFormat.count(estimate.count)) · \(NumberFormat.share(estimate.share))",
                x: max(upper, Self.left + estimate.share * scale) + 10, y: middle + 5),
        ]
    }
}
