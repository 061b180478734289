/// How two verdicts differ, seen from the migration. The raw values are stored and shown: they never change.
package enum DivergenceKind: String, CaseIterable, Sendable {
    /// Control allowed, the candidate limits.
    case newlyLimited = "newly_limited"
    /// Control limits, the candidate allowed.
    case newlyAllowed = "newly_allowed"
    /// Both limit, by different windows.
    case differentWindow = "different_window"
    /// Both allowed, with `remaining` further apart than the tolerance. Counted, never stored one by one.
    case quotaDrift = "quota_drift"

    /// Those in which the caller gets another verdict.
    package static let changingVerdicts: [DivergenceKind] = [.newlyLimited, .newlyAllowed]

    /// Whether single divergences of this kind are kept next to the totals.
    package var isStoredOneByOne: Bool { self != .quotaDrift }
}
