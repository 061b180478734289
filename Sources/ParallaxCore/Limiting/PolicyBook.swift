/// Which policy each organization is held to: one for all, and overrides by organization.
package struct PolicyBook: Equatable, Sendable {
    /// The policy of organizations without an override.
    package let standard: Policy
    /// Policies that replace the standard one, by organization.
    package let overrides: [String: Policy]

    package init(standard: Policy, overrides: [String: Policy] = [:]) {
        self.standard = standard
        self.overrides = overrides
    }

    package func policy(for organization: String) -> Policy {
        overrides.isEmpty ? standard : overrides[organization] ?? standard
    }
}
