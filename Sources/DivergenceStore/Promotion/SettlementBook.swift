import ParallaxCore

/// Reviewers' words by group: which of them holds for a divergence.
struct SettlementBook: Sendable {
    /// A group by the bytes of its names.
    struct Key: Hashable, Sendable {
        let kind: String
        let cause: String
        /// `nil` for every organization.
        let organization: ExactText?
    }

    /// Every word, the newest first.
    let statuses: [SettlementStatus]
    private let newest: [Key: SettlementStatus]

    /// - Parameter share: How often a group occurs now.
    init(_ settlements: [Settlement], share: (Settlement.Group) -> Settlement.Share) {
        var newest: [Key: SettlementStatus] = [:]
        var statuses: [SettlementStatus] = []
        for settlement in settlements.sorted(by: { $0.time > $1.time }) {
            let key = Key(settlement.group)
            let share = share(settlement.group)
            let state: SettlementStatus.State =
                newest[key] != nil ? .superseded : settlement.isExpired(at: share) ? .expired : .active
            let status = SettlementStatus(settlement: settlement, state: state, share: share)
            if newest[key] == nil { newest[key] = status }
            statuses.append(status)
        }
        (self.newest, self.statuses) = (newest, statuses)
    }

    /// The word that holds for an organization's divergences: its own before that on every organization.
    func judgement(kind: String, cause: String, organization: ExactText) -> Settlement? {
        let own = newest[Key(kind: kind, cause: cause, organization: organization)]
        guard let status = own ?? newest[Key(kind: kind, cause: cause, organization: nil)] else { return nil }
        return status.state == .active ? status.settlement : nil
    }
}

extension SettlementBook.Key {
    init(_ group: Settlement.Group) {
        self.init(
            kind: group.kind.rawValue, cause: group.cause.rawValue, organization: group.organization.map(ExactText.init)
        )
    }
}

/// Exact counts of divergences by organization, kind and cause, from one database after the other: what the gate and
/// reviewers judge.
struct DivergenceGroups: Sendable {
    struct Key: Hashable, Sendable {
        let organization: ExactText
        let kind: String
        let cause: String
    }

    /// The causes that speak against going on, whatever reviewers said.
    static let judgedCauses: Set<DivergenceCause> = [.unexplained, .lostWrites]

    private(set) var counts: [Key: Int] = [:]

    mutating func add(_ key: Key, requests: Int) {
        counts[key, default: 0] += requests
    }

    /// What speaks against going on, by the words of reviewers that hold.
    func open(_ book: SettlementBook) -> OpenDivergences {
        var open = OpenDivergences()
        var bugs: Set<String> = []
        for (key, count) in counts {
            let word = book.judgement(kind: key.kind, cause: key.cause, organization: key.organization)
            if let word, word.judgement == .bug {
                open.bugs += count
                bugs.insert(word.group.description)
            }
            let isSettled = word != nil && word?.judgement != .bug
            switch DivergenceCause(rawValue: key.cause) {
            case .unexplained where isSettled: open.settledUnexplained += count
            case .unexplained: open.unexplained += count
            case .lostWrites where isSettled: open.settledLostWrites += count
            case .lostWrites: open.lostWrites += count
            default: break
            }
        }
        open.bugGroups = bugs.sorted()
        return open
    }
}

/// Divergences that speak against going on, and those of them that reviewers have settled. Whatever kind or cause a report
/// is narrowed to, these are of all.
package struct OpenDivergences: Codable, Equatable, Sendable {
    package var unexplained = 0
    package var lostWrites = 0
    /// Settled as expected or accepted.
    package var settledUnexplained = 0
    package var settledLostWrites = 0
    /// Of groups that were settled as a bug, and those groups in words.
    package var bugs = 0
    package var bugGroups: [String] = []

    package init() {}
}
