import CommandSupport
import DivergenceStore
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
            panel(Self.tops.requests, "requests", maximum: NumberFormat.count(mostRequests))
            + panel(Self.tops.share, "another verdict, of compared", maximum: NumberFormat.share(scale))
            + report.timeline.flatMap { bars($0, from: first.start, to: last.start) } + labels(first.start, last.start)
        return SVG.drawing(
            id: "timeline", title: "Requests and changed verdicts over time",
            description: "From \(Timestamp.period(first.start, last.start, toTheMinute: true)) UTC. At most "
                + "\(NumberFormat.count(mostRequests)) requests in \(step), and at most \(NumberFormat.share(mostChanged)) with another verdict.",
            width: Self.width, height: Self.height, shapes)
    }

    /// How long a step lasts, in words.
    var step: String { NumberFormat.span(minutes: Int(report.timelineStepMilliseconds / 60_000)) }

    private var mostRequests: Int { report.timeline.map { $0.compared + $0.incomparable }.max() ?? 0 }

    private var mostChanged: Double { report.timeline.map(Self.share).max() ?? 0 }

    /// The upper end of the share's axis.
    private var scale: Double { mostChanged > 0 ? mostChanged : 1 }

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
        let whole = Double(max(1, mostRequests))
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
