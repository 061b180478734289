package import ParallaxCore

/// How often divergences of each true cause were given which.
package struct ConfusionTable: Equatable, Sendable {
    package private(set) var counts: [DivergenceCause: [DivergenceCause: Int]] = [:]
    package private(set) var kinds: [DivergenceKind: Int] = [:]
    package private(set) var agreed = 0
    package private(set) var incomparable = 0

    package init() {}

    mutating func count(_ kind: DivergenceKind, given: DivergenceCause, true truth: DivergenceCause) {
        counts[truth, default: [:]][given, default: 0] += 1
        kinds[kind, default: 0] += 1
    }

    mutating func countOther(_ result: Comparison.Result) {
        if result == .agreed { agreed += 1 } else { incomparable += 1 }
    }

    package static func += (left: inout ConfusionTable, right: ConfusionTable) {
        left.counts.merge(right.counts) { $0.merging($1, uniquingKeysWith: +) }
        left.kinds.merge(right.kinds, uniquingKeysWith: +)
        left.agreed += right.agreed
        left.incomparable += right.incomparable
    }

    package var diverged: Int { counts.values.reduce(0) { $0 + $1.values.reduce(0, +) } }

    /// Divergences that were given their true cause.
    package var right: Int { counts.reduce(0) { $0 + ($1.value[$1.key] ?? 0) } }

    /// How often a cause was given.
    package func given(_ cause: DivergenceCause) -> Int { counts.values.reduce(0) { $0 + ($1[cause] ?? 0) } }

    /// How often a cause was true.
    package func actual(_ cause: DivergenceCause) -> Int { counts[cause]?.values.reduce(0, +) ?? 0 }
}
