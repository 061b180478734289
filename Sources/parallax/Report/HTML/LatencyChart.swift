import CommandSupport
import ParallaxCore
import DivergenceStore
import Foundation

/// How long both sides took: from the median to the 99th percentile, on a logarithmic scale.
struct LatencyChart {
    private static let width = 960.0
    private static let left = 100.0
    private static let right = 60.0
    private static let rowHeight = 44.0
    private static let height = 124.0

    let durations: ReportDurations

    private var sides: [(name: String, quantiles: ReportDurations.Quantiles)] {
        [("control", durations.control), ("candidate", durations.candidate)]
    }

    var html: HTML {
        SVG.drawing(
            id: "latency", title: "How long both sides took",
            description: sides.map {
                "\($0.name): median \(NumberFormat.time(microseconds: $0.quantiles.medianMicroseconds)), 99th percentile \(NumberFormat.time(microseconds: $0.quantiles.p99Microseconds))"
            }.joined(separator: "; "),
            width: Self.width, height: Self.height,
            grid + sides.enumerated().flatMap { bar($1.name, $1.quantiles, at: Double($0) * Self.rowHeight) })
    }

    /// Whole powers of ten around all that is drawn.
    private var powers: ClosedRange<Int> {
        let all = sides.flatMap { [$0.quantiles.medianMicroseconds, $0.quantiles.p99Microseconds] }.map {
            log10(Double(max(1, $0)))
        }
        let (least, most) = (Int((all.min() ?? 0).rounded(.down)), Int((all.max() ?? 1).rounded(.up)))
        return least...max(least + 1, most)
    }

    private func x(_ microseconds: Int64) -> Double {
        let powers = powers
        let share = (log10(Double(max(1, microseconds))) - Double(powers.lowerBound)) / Double(powers.count - 1)
        return Self.left + share * (Self.width - Self.left - Self.right)
    }

    private var grid: [HTML] {
        powers.flatMap { power in
            let microseconds = Int64(pow(10, Double(power)).rounded())
            let x = x(microseconds)
            let bottom = Self.rowHeight * 2
            return [
                SVG.line("grid", from: (x, 4), to: (x, bottom)),
                SVG.text(NumberFormat.time(microseconds: microseconds), x: x, y: bottom + 20, anchor: "middle"),
            ]
        }
    }

    private func bar(_ name: String, _ quantiles: ReportDurations.Quantiles, at top: Double) -> [HTML] {
        let middle = top + Self.rowHeight / 2
        let (from, to) = (x(quantiles.medianMicroseconds), x(quantiles.p99Microseconds))
        return [
            SVG.text(name, x: Self.left - 12, y: middle + 5, anchor: "end"),
            SVG.rectangle(
                "bar-\(name)", x: from, y: middle - 9, width: max(2, to - from), height: 18,
                title:
                    "\(name): median \(NumberFormat.time(microseconds: quantiles.medianMicroseconds)) to 99th percentile \(NumberFormat.time(microseconds: quantiles.p99Microseconds))"
            ),
        ]
    }
}
