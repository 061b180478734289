import ParallaxCore

/// Stored divergences by identity and kind, from one database after the other.
struct AffectedCounts: Sendable {
    struct IdentityKey: Hashable, Sendable {
        let organization: ExactText
        let identifier: ExactText
    }

    /// What is stored of one identity and kind.
    struct Stored: Sendable {
        var count: Int
        var first: Timestamp
        var last: Timestamp
    }

    private(set) var identities: [IdentityKey: [String: Stored]] = [:]

    mutating func addIdentity(_ key: IdentityKey, kind: String, _ stored: Stored) {
        guard var sum = identities[key]?[kind] else {
            identities[key, default: [:]][kind] = stored
            return
        }
        sum.count += stored.count
        sum.first = min(sum.first, stored.first)
        sum.last = max(sum.last, stored.last)
        identities[key]?[kind] = sum
    }

    /// The most affected first; equals in the order of their bytes.
    func mostAffectedIdentities(_ maximum: Int) -> [DivergenceReport.AffectedIdentity] {
        ranked { $0.values.reduce(0) { $0 + $1.count } }.prefix(maximum).map { key, kinds in
            .init(
                organization: key.organization.text, identifier: key.identifier.text, kinds: kinds.mapValues(\.count),
                first: kinds.values.map(\.first).min() ?? Timestamp(milliseconds: 0),
                last: kinds.values.map(\.last).max() ?? Timestamp(milliseconds: 0))
        }
    }

    /// Those that one kind hits most.
    func mostAffected(by kind: DivergenceKind, _ maximum: Int) -> [AffectedParties.Identity] {
        ranked { $0[kind.rawValue]?.count ?? 0 }.prefix(maximum).compactMap { key, kinds in
            kinds[kind.rawValue].map {
                .init(
                    organization: key.organization.text, identifier: key.identifier.text, requests: nil,
                    stored: $0.count, first: $0.first, last: $0.last)
            }
        }
    }

    /// How many divergences of a kind are stored of one identity.
    func stored(_ kind: DivergenceKind, organization: String, identifier: String) -> Int {
        let key = IdentityKey(organization: ExactText(organization), identifier: ExactText(identifier))
        return identities[key]?[kind.rawValue]?.count ?? 0
    }

    private func ranked(
        by count: ([String: Stored]) -> Int
    ) -> [(key: IdentityKey, value: [String: Stored])] {
        identities.map { (key: $0.key, value: $0.value, count: count($0.value)) }
            .sorted { left, right in
                guard left.count == right.count else { return left.count > right.count }
                guard left.key.organization == right.key.organization else {
                    return left.key.organization < right.key.organization
                }
                return left.key.identifier < right.key.identifier
            }
            .map { (key: $0.key, value: $0.value) }
    }
}
