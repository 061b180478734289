/// A share of all identities, of which each is in or out for good.
///
/// Each identity has a place between 0 and 100 that never changes: the FNV-1a hash of a salt, its organization and its
/// identifier, finalized as in MurmurHash3 (so that near neighbours scatter), modulo 10,000, in hundredths of a per cent.
/// A share of some per cent holds the identities whose place lies below it, so raising it only adds identities. Shares
/// with different salts are independent of each other. Test vectors stand in `docs/flags.md`.
package struct IdentityShare: Sendable {
    /// The identities of a hybrid migration that have the candidate's verdict enforced.
    package static let enforced = IdentityShare(salt: nil)

    /// The identities of a hybrid migration that are held out: only control judges them, so that there are callers to
    /// compare response times with at the same time. Of them as large a part would have been enforced as of all.
    package static let heldOut = IdentityShare(salt: "baseline_holdout")

    private let salted: StableHash

    /// - Parameter salt: Hashed first; changing it swaps the identities.
    private init(salt: String?) {
        var hash = StableHash()
        if let salt { hash.combine(salt) }
        salted = hash
    }

    /// The identity's place, from 0 up to but excluding 100.
    package func place(of identity: Identity) -> Double {
        var hash = salted
        hash.combine(identity.organization)
        hash.combine(identity.identifier)
        return Double(Self.finalize(hash.value) % 10_000) / 100
    }

    package func contains(_ identity: Identity, percent: Double) -> Bool {
        percent > 0 && (percent >= 100 || place(of: identity) < percent)
    }

    /// The 64-bit finalizer of MurmurHash3 (Austin Appleby, public domain).
    private static func finalize(_ value: UInt64) -> UInt64 {
        var value = value
        value = (value ^ (value >> 33)) &* 0xff51_afd7_ed55_8ccd
        value = (value ^ (value >> 33)) &* 0xc4ce_b9fe_1a85_ec53
        return value ^ (value >> 33)
    }
}
