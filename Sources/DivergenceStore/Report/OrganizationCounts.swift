import ParallaxCore

/// Exact counts of divergences by organization and kind, from one database after the other.
struct OrganizationCounts: Sendable {
    struct Count: Sendable {
        var requests: Int
        /// The first and the last minute.
        var first: Timestamp
        var last: Timestamp
    }

    /// By organization and then by kind.
    private var counts: [ExactText: [String: Count]] = [:]

    mutating func add(_ organization: ExactText, kind: String, _ count: Count) {
        guard var sum = counts[organization]?[kind] else {
            counts[organization, default: [:]][kind] = count
            return
        }
        sum.requests += count.requests
        sum.first = min(sum.first, count.first)
        sum.last = max(sum.last, count.last)
        counts[organization]?[kind] = sum
    }

    /// Those with the most divergences, most first; equals in the order of their bytes.
    func mostAffected(_ maximum: Int) -> [DivergenceReport.AffectedOrganization] {
        ranked { $0.values.reduce(0) { $0 + $1.requests } }.prefix(maximum).map { organization, kinds in
            .init(organization: organization.name, kinds: kinds.mapValues(\.requests))
        }
    }

    /// Those that one kind hits, most first, with how many there are.
    func parties(_ kind: DivergenceKind, maximum: Int) -> AffectedParties {
        let hit = ranked { $0[kind.rawValue]?.requests ?? 0 }.compactMap { organization, kinds in
            kinds[kind.rawValue].map { (organization: organization, count: $0) }
        }
        var parties = AffectedParties()
        parties.requests = hit.reduce(0) { $0 + $1.count.requests }
        parties.organizationCount = hit.count
        parties.organizations = hit.prefix(maximum).map { organization, count in
            .init(organization: organization.name, requests: count.requests, first: count.first, last: count.last)
        }
        return parties
    }

    private func ranked(by count: ([String: Count]) -> Int) -> [(organization: ExactText, kinds: [String: Count])] {
        counts.map { (organization: $0.key, kinds: $0.value, count: count($0.value)) }
            .sorted { $0.count == $1.count ? $0.organization < $1.organization : $0.count > $1.count }
            .map { (organization: $0.organization, kinds: $0.kinds) }
    }
}

extension ExactText {
    /// The organization's name; `nil` for those that were counted together.
    fileprivate var name: String? { self == .empty ? nil : text }
}
