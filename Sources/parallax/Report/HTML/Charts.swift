import CommandSupport
import DivergenceStore
import Foundation
import ParallaxCore

/// Over time: how many requests were compared, and below it the share whose verdict changes.
struct TimelineChart {
    private static let width = 960.0
    private static let left = 76.0
    private static let right = 8.0
    private static let panelHeight = 96.0
    private static let tops = (requests: 26.0, share: 164.0)
    private static let height = 288.0

    let report: DivergenceReport

    var html: HTML {
        guard let first = report.timeline.first, let last = report.timeline.last else { return .empty }
        let shapes =
            panel(Self.tops.requests, "requests", maximum: NumberFormat.count(maximumRequests))
            + panel(Self.tops.share, "another verdict, of compared", maximum: NumberFormat.share(scale))
            + report.timeline.flatMap { bars($0, from: first.start, to: last.start) } + labels(first.start, last.start)
        return SVG.drawing(
            id: "timeline", title: "Requests and changed verdicts over time",
            description: "From \(Timestamp.period(first.start, last.start, toTheMinute: true)) UTC. At most "
                + "\(NumberFormat.count(maximumRequests)) requests in \(step), and at most \(NumberFormat.share(maximumChanged)) with another verdict.",
            width: Self.width, height: Self.height, shapes)
    }

    /// How long a step lasts, in words.
    var step: String { NumberFormat.span(minutes: Int(report.timelineStepMilliseconds / 60_000)) }

    private var maximumRequests: Int { report.timeline.map { $0.compared + $0.incomparable }.max() ?? 0 }

    private var maximumChanged: Double { report.timeline.map(Self.share).max() ?? 0 }

    /// The upper end of the share's axis.
    private var scale: Double { maximumChanged > 0 ? maximumChanged : 1 }

    private static func share(_ step: DivergenceReport.Step) -> Double {
        step.compared > 0 ? Double(step.changed) / Double(step.compared) : 0
    }

    private func bars(_ step: DivergenceReport.Step, from first: Timestamp, to last: Timestamp) -> [HTML] {
        let length = Double(report.timelineStepMilliseconds)
        let steps = Double(last - first) / length + 1
        let width = (Self.width - Self.left - Self.right) / steps
        let x = Self.left + Double(step.start - first) / length * width
        let inner = max(0.5, width * 0.86)
        func bar(_ name: String, _ top: Double, from: Double, to: Double) -> HTML {
            let bottom = top + Self.panelHeight
            return SVG.rectangle(
                name, x: x, y: bottom - to * Self.panelHeight, width: inner, height: (to - from) * Self.panelHeight,
                title: title(step))
        }
        let whole = Double(max(1, maximumRequests))
        let compared = Double(step.compared) / whole
        let all = Double(step.compared + step.incomparable) / whole
        return [
            bar("bar-compared", Self.tops.requests, from: 0, to: compared),
            step.incomparable > 0 ? bar("bar-incomparable", Self.tops.requests, from: compared, to: all) : .empty,
            step.changed > 0 ? bar("bar-diverged", Self.tops.share, from: 0, to: Self.share(step) / scale) : .empty,
        ]
    }

    private func title(_ step: DivergenceReport.Step) -> String {
        "\(step.start.textToTheMinute): \(NumberFormat.count(step.compared)) compared, "
            + "\(NumberFormat.count(step.changed)) with another verdict (\(NumberFormat.share(Self.share(step)))), "
            + "\(NumberFormat.count(step.incomparable)) unanswered"
    }

    private func panel(_ top: Double, _ name: String, maximum: String) -> [HTML] {
        let (left, right, bottom) = (Self.left, Self.width - Self.right, top + Self.panelHeight)
        return [
            SVG.text(name, x: left, y: top - 10, class: "strong"),
            SVG.line("grid", from: (left, top), to: (right, top)),
            SVG.line("axis", from: (left, bottom), to: (right, bottom)),
            SVG.text(maximum, x: left - 8, y: top + 4, anchor: "end"),
            SVG.text("0", x: left - 8, y: bottom + 4, anchor: "end"),
        ]
    }

    private func labels(_ first: Timestamp, _ last: Timestamp) -> [HTML] {
        let y = Self.tops.share + Self.panelHeight + 20
        let middle = Timestamp(milliseconds: (first.milliseconds + last.milliseconds) / 2).startOfMinute
        func label(_ time: Timestamp, _ x: Double, _ anchor: String) -> HTML {
            SVG.text(String(time.textToTheMinute), x: x, y: y, anchor: anchor)
        }
        let (left, right) = (Self.left, Self.width - Self.right)
        guard last > first else { return [label(first, left, "start")] }
        return [label(first, left, "start"), label(middle, (left + right) / 2, "middle"), label(last, right, "end")]
    }
}

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

/// Shapes of a drawing. Colours come from classes, so that they follow the page's light or dark.
enum SVG {
    /// A drawing with a title and a description for those who do not see it.
    ///
    /// - Parameter id: Unique in the page.
    static func drawing(
        id: String, title: String, description: String, width: Double, height: Double, _ shapes: [HTML]
    ) -> HTML {
        .element(
            "svg",
            [
                "viewBox": "0 0 \(number(width)) \(number(height))", "role": "img",
                "aria-labelledby": "\(id)-title \(id)-description", "xmlns": "http://www.w3.org/2000/svg",
            ],
            [
                .element("title", ["id": "\(id)-title"], [.text(title)]),
                .element("desc", ["id": "\(id)-description"], [.text(description)]),
            ] + shapes)
    }

    /// A rectangle, with what a pointer over it is told.
    static func rectangle(
        _ name: String, x: Double, y: Double, width: Double, height: Double, title: String? = nil
    ) -> HTML {
        .element(
            "rect",
            [
                "class": name, "x": number(x), "y": number(y), "width": number(max(0, width)),
                "height": number(max(0, height)),
            ], title.map { [.element("title", [:], [.text($0)])] } ?? [])
    }

    static func line(_ name: String, from: (x: Double, y: Double), to: (x: Double, y: Double)) -> HTML {
        .element(
            "line",
            ["class": name, "x1": number(from.x), "y1": number(from.y), "x2": number(to.x), "y2": number(to.y)])
    }

    /// - Parameter anchor: `start`, `middle` or `end`.
    static func text(_ text: String, x: Double, y: Double, anchor: String = "start", class name: String? = nil) -> HTML
    {
        .element("text", ["class": name, "x": number(x), "y": number(y), "text-anchor": anchor], [.text(text)])
    }

    /// At most two decimals, with a point in every locale.
    static func number(_ value: Double) -> String {
        guard value.isFinite else { return "0" }
        let hundredths = (value * 100).rounded() / 100
        return hundredths == hundredths.rounded() ? String(Int(hundredths)) : String(hundredths)
    }
}
