import ParallaxCore

/// A single divergence on its way to the database.
struct BufferedRow: Sendable {
    let comparison: Comparison
    let kind: DivergenceKind
    let cause: DivergenceCause
    /// Where it has been counted.
    let key: TotalKey
}
