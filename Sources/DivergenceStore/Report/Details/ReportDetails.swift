package import ParallaxCore

/// Single divergences behind a report's totals: examples of every group, and how long both sides took.
package struct ReportDetails: Equatable, Sendable {
    /// One kind and cause with its newest examples.
    package struct Group: Equatable, Sendable {
        package var kind: DivergenceKind
        package var cause: DivergenceCause
        package var examples: [StoredDivergence]

        package init(kind: DivergenceKind, cause: DivergenceCause, examples: [StoredDivergence]) {
            self.kind = kind
            self.cause = cause
            self.examples = examples
        }
    }

    /// How long one side took, in microseconds.
    package struct Quantiles: Equatable, Sendable {
        package var median: Int64
        package var p90: Int64
        package var p99: Int64
        package var maximum: Int64

        /// - Returns: `nil` of nothing.
        package init?(_ durations: [Int64]) {
            let sorted = durations.sorted()
            guard let last = sorted.last else { return nil }
            func quantile(_ share: Double) -> Int64 {
                sorted[min(sorted.count - 1, max(0, Int((share * Double(sorted.count)).rounded(.up)) - 1))]
            }
            (median, p90, p99, maximum) = (quantile(0.5), quantile(0.9), quantile(0.99), last)
        }
    }

    /// The durations of the newest stored divergences: those of agreed requests are not kept.
    package struct Latency: Equatable, Sendable {
        package var count: Int
        package var control: Quantiles
        package var candidate: Quantiles

        package init(count: Int, control: Quantiles, candidate: Quantiles) {
            self.count = count
            self.control = control
            self.candidate = candidate
        }
    }

    /// The groups that have a stored divergence, in the order of kinds and causes.
    package var groups: [Group] = []
    package var latency: Latency?

    package init() {}
}
