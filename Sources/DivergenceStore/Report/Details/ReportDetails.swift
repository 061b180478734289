package import ParallaxCore

/// Single divergences behind a report's totals: examples of every group.
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

    /// The groups that have a stored divergence, in the order of kinds and causes.
    package var groups: [Group] = []

    package init() {}
}
