/// Which identities of a hybrid migration are held out: only control judges them, so that there is someone to compare
/// response times with at the same time.
///
/// Each identity has a place between 0 and 100 that never changes, found as for ``EnforcementShare`` but with a salt
/// before the organization, so that the two shares are independent of each other: of the identities that are held out,
/// as large a part would have been enforced as of all. Raising the share only adds identities.
package enum HoldoutShare {
    /// Hashed first; changing it would swap the identities.
    private static let salted: StableHash = {
        var hash = StableHash()
        hash.combine("baseline_holdout")
        return hash
    }()

    /// The identity's place, from 0 up to but excluding 100.
    package static func place(of identity: Identity) -> Double {
        var hash = salted
        hash.combine(identity.organization)
        hash.combine(identity.identifier)
        return Double(EnforcementShare.finalize(hash.value) % 10_000) / 100
    }

    package static func contains(_ identity: Identity, percent: Double) -> Bool {
        percent > 0 && (percent >= 100 || place(of: identity) < percent)
    }
}
