package import ParallaxCore

/// Who is hit by one kind of divergence: who would newly be limited, or newly let through.
package struct AffectedParties: Codable, Equatable, Sendable {
    package struct Organization: Codable, Equatable, Sendable {
        /// `nil` for the organizations beyond the bound of one minute, counted together.
        package var organization: String?
        /// Every request, whether stored one by one or only counted.
        package var requests: Int
        /// The first and the last minute.
        package var first: Timestamp
        package var last: Timestamp

        package init(organization: String?, requests: Int, first: Timestamp, last: Timestamp) {
            self.organization = organization
            self.requests = requests
            self.first = first
            self.last = last
        }
    }

    package struct Identity: Codable, Equatable, Sendable {
        package var organization: String
        package var identifier: String
        /// Every request, whether stored one by one or only counted; `nil` if the report is narrowed to a cause.
        package var requests: Int?
        /// Divergences stored one by one: at least as many requests were hit.
        package var stored: Int
        /// The first and the last minute; of divergences stored one by one where `requests` is `nil`.
        package var first: Timestamp
        package var last: Timestamp

        package init(
            organization: String, identifier: String, requests: Int?, stored: Int, first: Timestamp, last: Timestamp
        ) {
            self.organization = organization
            self.identifier = identifier
            self.requests = requests
            self.stored = stored
            self.first = first
            self.last = last
        }
    }

    /// All of them, exact.
    package var requests = 0
    package var organizationCount = 0
    /// Every identity that is hit; `nil` if the report is narrowed to a cause and several databases may name the same.
    package var identityCount: Int?
    /// The most affected, most first.
    package var organizations: [Organization] = []
    package var identities: [Identity] = []

    package init() {}
}

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

/// Requests whose verdict would change, by caller and direction: exact for every caller within the bound of a minute.
struct CallerCounts: Sendable {
    private struct Count {
        var requests = 0
        var first = Int64.max
        var last = Int64.min

        mutating func add(_ more: Int, minute: Int64) {
            guard more > 0 else { return }
            requests += more
            first = min(first, minute)
            last = max(last, minute)
        }
    }

    /// By the numbers of identities.
    private var limited: [Count] = []
    private var allowed: [Count] = []

    /// - Parameter identity: Its number; numbers come without gaps.
    mutating func add(identity: Int, minute: Int64, newlyLimited: Int, newlyAllowed: Int) {
        while limited.count <= identity {
            limited.append(Count())
            allowed.append(Count())
        }
        limited[identity].add(newlyLimited, minute: minute)
        allowed[identity].add(newlyAllowed, minute: minute)
    }

    /// How many callers a kind hits; `nil` if the kind does not change verdicts.
    func count(_ kind: DivergenceKind) -> Int? {
        counts(kind)?.count { $0.requests > 0 }
    }

    /// Those that a kind hits most, most first; equals in the order of their bytes.
    func most(_ kind: DivergenceKind, _ maximum: Int, names: NameInterner) -> [AffectedParties.Identity] {
        guard let counts = counts(kind), maximum > 0 else { return [] }
        func precedes(_ left: Int, _ right: Int) -> Bool {
            guard counts[left].requests == counts[right].requests else {
                return counts[left].requests > counts[right].requests
            }
            return names.precedes(left, right)
        }
        // Millions may be equal, each with one request: only as many are kept as are listed, and only they get names.
        var listed: [Int] = []
        for place in counts.indices where counts[place].requests > 0 {
            if listed.count == maximum {
                guard precedes(place, listed[maximum - 1]) else { continue }
                listed.removeLast()
            }
            listed.insert(place, at: listed.firstIndex { precedes(place, $0) } ?? listed.endIndex)
        }
        return listed.map { place in
            let (count, names) = (counts[place], names.names(of: place))
            return AffectedParties.Identity(
                organization: names.first.text, identifier: names.second.text, requests: count.requests, stored: 0,
                first: Timestamp(milliseconds: count.first), last: Timestamp(milliseconds: count.last))
        }
    }

    private func counts(_ kind: DivergenceKind) -> [Count]? {
        switch kind {
        case .newlyLimited: limited
        case .newlyAllowed: allowed
        case .differentWindow, .quotaDrift: nil
        }
    }
}
