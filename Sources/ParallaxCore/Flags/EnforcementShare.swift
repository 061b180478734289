/// Which identities of a hybrid migration have the candidate's verdict enforced.
///
/// Each identity has a place between 0 and 100 that never changes: the FNV-1a hash of its organization and identifier,
/// finalized as in MurmurHash3 (so that near neighbours scatter), modulo 10,000, in hundredths of a per cent. A share
/// holds the identities whose place lies below it, so raising it only adds identities. Test vectors stand in
/// `docs/flags.md`.
package enum EnforcementShare {
    /// The identity's place, from 0 up to but excluding 100.
    package static func place(of identity: Identity) -> Double {
        var hash = StableHash()
        hash.combine(identity.organization)
        hash.combine(identity.identifier)
        return Double(finalize(hash.value) % 10_000) / 100
    }

    package static func contains(_ identity: Identity, percent: Double) -> Bool {
        percent > 0 && (percent >= 100 || place(of: identity) < percent)
    }

    /// The 64-bit finalizer of MurmurHash3 (Austin Appleby, public domain).
    static func finalize(_ value: UInt64) -> UInt64 {
        var value = value
        value = (value ^ (value >> 33)) &* 0xff51_afd7_ed55_8ccd
        value = (value ^ (value >> 33)) &* 0xc4ce_b9fe_1a85_ec53
        return value ^ (value >> 33)
    }
}
