import GRDB
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

/// Stored divergences of every identity, as they are read, to find those with the most.
struct IdentityCounts {
    private struct Count {
        var stored = 0
        var newlyLimited = 0
        var newlyAllowed = 0
    }

    private var numbers = NameInterner()
    private var keys: [AffectedCounts.IdentityKey] = []
    private var counts: [Count] = []

    /// Adds the row that a statement stands at: organization, identifier, kind and how many.
    mutating func add(rowOf statement: Statement) {
        let (organization, identifier) = (statement.bytes(at: 0), statement.bytes(at: 1))
        let number = numbers.number(of: organization, identifier)
        if number == counts.count {
            counts.append(Count())
            keys.append(
                .init(
                    organization: ExactText(String(decoding: organization, as: UTF8.self)),
                    identifier: ExactText(String(decoding: identifier, as: UTF8.self))))
        }
        let stored = Int(statement.number(at: 3))
        counts[number].stored += stored
        let kind = statement.bytes(at: 2)
        if kind.elementsEqual(DivergenceKind.newlyLimited.rawValue.utf8) { counts[number].newlyLimited += stored }
        if kind.elementsEqual(DivergenceKind.newlyAllowed.rawValue.utf8) { counts[number].newlyAllowed += stored }
    }

    /// Those with the most in all and of each of the two kinds, up to as many of each.
    func most(_ maximum: Int) -> MostAffected {
        var most = MostAffected()
        most.identities.formUnion(highest(maximum) { $0.stored })
        most.identities.formUnion(highest(maximum) { $0.newlyLimited })
        most.identities.formUnion(highest(maximum) { $0.newlyAllowed })
        most.newlyLimitedCount = counts.count { $0.newlyLimited > 0 }
        most.newlyAllowedCount = counts.count { $0.newlyAllowed > 0 }
        return most
    }

    /// Equals in the order of their bytes.
    private func highest(_ maximum: Int, by count: (Count) -> Int) -> [AffectedCounts.IdentityKey] {
        let places = counts.indices.filter { count(counts[$0]) > 0 }
        let sorted = places.sorted { left, right in
            let (leftCount, rightCount) = (count(counts[left]), count(counts[right]))
            guard leftCount == rightCount else { return leftCount > rightCount }
            let (leftKey, rightKey) = (keys[left], keys[right])
            guard leftKey.organization == rightKey.organization else {
                return leftKey.organization < rightKey.organization
            }
            return leftKey.identifier < rightKey.identifier
        }
        return sorted.prefix(maximum).map { keys[$0] }
    }
}
