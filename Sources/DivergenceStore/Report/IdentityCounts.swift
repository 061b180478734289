import GRDB
import ParallaxCore

/// Stored divergences of every identity, as they are read, to find those with the most.
struct IdentityCounts {
    private struct Count {
        var stored = 0
        var newlyLimited = 0
        var newlyAllowed = 0
    }

    private var numbers = NameNumbers()
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
