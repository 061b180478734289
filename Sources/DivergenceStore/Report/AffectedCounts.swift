import ParallaxCore

/// Divergences by organization and by identity, from one database after the other.
struct AffectedCounts: Sendable {
    struct IdentityKey: Hashable, Sendable {
        let organization: ExactText
        let identifier: ExactText
    }

    private(set) var identities: [IdentityKey: DivergenceReport.AffectedIdentity] = [:]
    private var organizations: [ExactText: [String: Int]] = [:]

    mutating func addOrganization(_ organization: ExactText, kind: String, count: Int) {
        organizations[organization, default: [:]][kind, default: 0] += count
    }

    mutating func addIdentity(_ key: IdentityKey, kind: String, count: Int, first: Timestamp, last: Timestamp) {
        var identity =
            identities[key]
            ?? .init(
                organization: key.organization.text, identifier: key.identifier.text, kinds: [:], first: first,
                last: last)
        identity.kinds[kind, default: 0] += count
        identity.first = min(identity.first, first)
        identity.last = max(identity.last, last)
        identities[key] = identity
    }

    /// The most affected first; equals in the order of their bytes.
    func mostAffectedIdentities(_ maximum: Int) -> [DivergenceReport.AffectedIdentity] {
        identities.sorted { left, right in
            let (leftCount, rightCount) = (left.value.kinds.sum, right.value.kinds.sum)
            guard leftCount == rightCount else { return leftCount > rightCount }
            guard left.key.organization == right.key.organization else {
                return left.key.organization < right.key.organization
            }
            return left.key.identifier < right.key.identifier
        }.prefix(maximum).map(\.value)
    }

    func mostAffectedOrganizations(_ maximum: Int) -> [DivergenceReport.AffectedOrganization] {
        organizations.sorted { left, right in
            let (leftCount, rightCount) = (left.value.sum, right.value.sum)
            return leftCount == rightCount ? left.key < right.key : leftCount > rightCount
        }.prefix(maximum).map { .init(organization: $0.key == .empty ? nil : $0.key.text, kinds: $0.value) }
    }
}

extension [String: Int] {
    fileprivate var sum: Int { values.reduce(0, +) }
}
