/// A reviewer's word on a group of divergences.
package struct Settlement: Equatable, Sendable {
    /// What the group is. The raw values are stored and shown: they never change.
    package enum Judgement: String, CaseIterable, Codable, Sendable {
        /// What the migration is for, or harmless.
        case expected
        /// Not wanted, but tolerated.
        case accepted
        /// To be fixed: forbids going on while it still occurs.
        case bug
    }

    /// Which divergences.
    package struct Group: Hashable, Sendable {
        package let kind: DivergenceKind
        package let cause: DivergenceCause
        /// `nil` for every organization.
        package let organization: String?

        package init(kind: DivergenceKind, cause: DivergenceCause, organization: String?) {
            self.kind = kind
            self.cause = cause
            self.organization = organization
        }
    }

    /// How often a group occurs among the compared requests of its organization, or of all.
    package struct Share: Equatable, Sendable {
        package var divergences: Int
        package var compared: Int

        package init(divergences: Int, compared: Int) {
            self.divergences = divergences
            self.compared = compared
        }
    }

    package let time: Timestamp
    package let group: Group
    package let judgement: Judgement
    package let by: String
    package let note: String
    /// When it was settled.
    package let share: Share

    package init(time: Timestamp, group: Group, judgement: Judgement, by: String, note: String, share: Share) {
        self.time = time
        self.group = group
        self.judgement = judgement
        self.by = by
        self.note = note
        self.share = share
    }

    /// Whether the group has grown so much that the word holds no more: its share is twice what it was.
    ///
    /// A bug stays one, however often it occurs.
    package func isExpired(at share: Share) -> Bool {
        guard judgement != .bug, share.divergences > 0, self.share.compared > 0 else { return false }
        // Products and not quotients: exact for every count below 2^26, and near enough beyond.
        return Double(share.divergences) * Double(self.share.compared)
            >= 2 * Double(self.share.divergences) * Double(share.compared)
    }
}

extension Settlement.Group: CustomStringConvertible {
    package var description: String {
        "\(kind.rawValue) by \(cause.rawValue)" + (organization.map { " of \($0)" } ?? "")
    }
}
