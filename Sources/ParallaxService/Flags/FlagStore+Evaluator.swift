import ParallaxCore

extension FlagStore {
    /// Flips to `legacy` for the evaluator.
    ///
    /// A file that cannot be written holds this instance at `legacy` all the same: that is a flip too, of this instance.
    func flipToLegacy(
        by: String, reason: String, claim: RollbackClaim
    ) async throws -> (before: FlagValues, after: FlagValues) {
        let before = current
        switch await rollBackToLegacy(by: by, reason: reason, claim: claim) {
        case .flipped(let change): return (change.from ?? before, change.to)
        case .alreadyLegacy, .held: return (before, current)
        case .superseded(let error): throw RollbackSuperseded(error.message)
        }
    }
}
