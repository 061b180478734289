import ParallaxCore

/// How long each side took over requests that both judged.
struct SideDurations: Equatable, Sendable {
    private(set) var control = LatencyHistogram()
    private(set) var candidate = LatencyHistogram()

    mutating func record(_ comparison: Comparison) {
        control.record(comparison.control.duration)
        candidate.record(comparison.candidate.duration)
    }

    static func += (left: inout SideDurations, right: SideDurations) {
        left.control.add(right.control)
        left.candidate.add(right.candidate)
    }
}
