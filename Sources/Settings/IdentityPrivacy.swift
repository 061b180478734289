/// What identifiers are stored as.
package enum IdentityPrivacy: String, CaseIterable, Sendable {
    case plain
    /// As pseudonyms that are stable under a key.
    case hashed
}
