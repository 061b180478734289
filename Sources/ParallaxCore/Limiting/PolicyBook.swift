/// Which policy each organization is held to: one for all, and overrides by organization.
package struct PolicyBook: Equatable, Sendable {
    /// The policy of organizations without an override.
    package let standard: Policy
    /// Policies that replace the standard one, by the bytes of the organization: equal spellings are not enough.
    private let overrides: [[UInt8]: Policy]

    package init(standard: Policy, overrides: [String: Policy] = [:]) {
        self.standard = standard
        self.overrides = Dictionary(uniqueKeysWithValues: overrides.map { (Array($0.key.utf8), $0.value) })
    }

    /// The organizations with a policy of their own, in the order of their bytes.
    package var exceptions: [(organization: String, policy: Policy)] {
        overrides.sorted { $0.key.lexicographicallyPrecedes($1.key) }
            .map { (String(decoding: $0.key, as: UTF8.self), $0.value) }
    }

    /// Whether some organizations have a policy of their own, and this one, which is not the global one, has none.
    package func isUnconfigured(_ organization: String) -> Bool {
        !overrides.isEmpty && organization != Identity.globalOrganization && overrides[Array(organization.utf8)] == nil
    }

    package func policy(for organization: String) -> Policy {
        overrides.isEmpty ? standard : overrides[Array(organization.utf8)] ?? standard
    }
}
