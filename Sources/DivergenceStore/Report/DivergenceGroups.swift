import ParallaxCore

/// Exact counts of divergences by organization, kind and cause, from one database after the other.
struct DivergenceGroups: Sendable {
    struct Key: Hashable, Sendable {
        let organization: ExactText
        let kind: String
        let cause: String
    }

    struct Count: Sendable {
        var requests: Int
        /// The first and the last minute.
        var first: Timestamp
        var last: Timestamp

        static func += (left: inout Count, right: Count) {
            left.requests += right.requests
            left.first = min(left.first, right.first)
            left.last = max(left.last, right.last)
        }
    }

    private(set) var counts: [Key: Count] = [:]

    mutating func add(_ key: Key, _ count: Count) {
        if counts[key] == nil { counts[key] = count } else { counts[key]? += count }
    }

    /// The organizations with the most divergences that pass the filter, most first; equals in the order of their bytes.
    func mostAffectedOrganizations(
        _ maximum: Int, _ filter: DivergenceFilter
    ) -> [DivergenceReport.AffectedOrganization] {
        var kinds: [ExactText: [String: Int]] = [:]
        for (key, count) in counts where filter.takes(key) {
            kinds[key.organization, default: [:]][key.kind, default: 0] += count.requests
        }
        return Self.ranked(kinds) { $0.values.reduce(0, +) }.prefix(maximum).map { organization, kinds in
            .init(organization: organization.name, kinds: kinds)
        }
    }

    /// The organizations that one kind hits, most first, with how many there are.
    func parties(_ kind: DivergenceKind, maximum: Int, _ filter: DivergenceFilter) -> AffectedParties {
        var organizations: [ExactText: Count] = [:]
        for (key, count) in counts where key.kind == kind.rawValue && filter.takes(key) {
            if organizations[key.organization] == nil {
                organizations[key.organization] = count
            } else {
                organizations[key.organization]? += count
            }
        }
        var parties = AffectedParties()
        parties.requests = organizations.values.reduce(0) { $0 + $1.requests }
        parties.organizationCount = organizations.count
        parties.organizations = Self.ranked(organizations, by: \.requests).prefix(maximum).map { organization, count in
            .init(organization: organization.name, requests: count.requests, first: count.first, last: count.last)
        }
        return parties
    }

    private static func ranked<Value>(
        _ organizations: [ExactText: Value], by count: (Value) -> Int
    ) -> [(key: ExactText, value: Value)] {
        organizations.sorted { left, right in
            let (leftCount, rightCount) = (count(left.value), count(right.value))
            return leftCount == rightCount ? left.key < right.key : leftCount > rightCount
        }
    }
}

extension DivergenceGroups {
    /// What speaks against going on, by the words of reviewers that hold.
    func open(_ book: SettlementBook) -> OpenDivergences {
        var open = OpenDivergences()
        var bugs: Set<String> = []
        for (key, count) in counts {
            let word = book.judgement(kind: key.kind, cause: key.cause, organization: key.organization)
            if let word, word.judgement == .bug {
                open.bugs += count.requests
                bugs.insert(word.group.description)
            }
            let isSettled = word != nil && word?.judgement != .bug
            switch DivergenceCause(rawValue: key.cause) {
            case .unexplained where isSettled: open.settledUnexplained += count.requests
            case .unexplained: open.unexplained += count.requests
            case .lostWrites where isSettled: open.settledLostWrites += count.requests
            case .lostWrites: open.lostWrites += count.requests
            default: break
            }
        }
        open.bugGroups = bugs.sorted()
        return open
    }
}

extension DivergenceFilter {
    fileprivate func takes(_ key: DivergenceGroups.Key) -> Bool {
        (kind == nil || kind?.rawValue == key.kind) && (cause == nil || cause?.rawValue == key.cause)
    }
}

extension ExactText {
    /// The organization's name; `nil` for those that were counted together.
    fileprivate var name: String? { self == .empty ? nil : text }
}
