import ParallaxCore

extension FlagStore {
    /// Flips to `legacy` for the evaluator.
    ///
    /// A file that cannot be written holds this instance at `legacy` all the same: that is a flip too, of this instance.
    func flipToLegacy(
        by: String, reason: String, claim: RollbackClaim
    ) async throws -> LegacyFlip {
        let before = current
        switch await rollBackToLegacy(by: by, reason: reason, claim: claim) {
        case .flipped(let change): return LegacyFlip(before: change.from ?? before, after: change.to)
        case .alreadyLegacy: return LegacyFlip(before: before, after: current)
        case .held: return LegacyFlip(before: before, after: current, hold: hold)
        case .superseded(let error): throw RollbackSuperseded(error.message)
        }
    }
}
