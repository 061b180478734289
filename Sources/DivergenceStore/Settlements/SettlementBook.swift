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
