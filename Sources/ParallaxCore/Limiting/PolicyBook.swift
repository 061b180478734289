/// Which policy each organization is held to: one for all, and overrides by organization.
package struct PolicyBook: Equatable, Sendable {
    /// The policy of organizations without an override.
    package let standard: Policy
    /// Policies that replace the standard one.
    private let overrides: [OrganizationName: Policy]

    package init(standard: Policy, overrides: [String: Policy] = [:]) {
        self.standard = standard
        self.overrides = Dictionary(uniqueKeysWithValues: overrides.map { (OrganizationName(text: $0.key), $0.value) })
    }

    /// The organizations with a policy of their own, in the order of their bytes.
    package var exceptions: [(organization: String, policy: Policy)] {
        overrides.sorted { $0.key.text.utf8.lexicographicallyPrecedes($1.key.text.utf8) }
            .map { ($0.key.text, $0.value) }
    }

    /// Whether some organizations have a policy of their own, and this one, which is not the global one, has none.
    package func isUnconfigured(_ organization: String) -> Bool {
        !overrides.isEmpty && organization != Identity.globalOrganization
            && overrides[OrganizationName(text: organization)] == nil
    }

    package func policy(for organization: String) -> Policy {
        overrides.isEmpty ? standard : overrides[OrganizationName(text: organization)] ?? standard
    }
}

/// An organization's name, the same as another if its bytes are: equal spellings are not enough.
private struct OrganizationName: Hashable {
    let text: String

    static func == (left: OrganizationName, right: OrganizationName) -> Bool {
        left.text.utf8.elementsEqual(right.text.utf8)
    }

    func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}
