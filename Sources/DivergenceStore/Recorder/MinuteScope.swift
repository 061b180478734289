import ParallaxCore

/// What one minute has already named and kept, so that its bounds hold over all flushes within it.
struct MinuteScope: Sendable {
    /// The rows that are bounded together.
    private struct Group: Hashable {
        let organization: ExactText
        let kind: DivergenceKind
        let cause: DivergenceCause
    }

    let minute: Timestamp
    private var organizations: Set<ExactText> = []
    private var rows: [Group: Int] = [:]

    init(minute: Timestamp) {
        self.minute = minute
    }

    /// The organization, or the empty one if the minute has named as many as it may.
    mutating func admit(_ organization: ExactText, maximum: Int) -> ExactText {
        if organizations.contains(organization) { return organization }
        guard organizations.count < maximum else { return .empty }
        organizations.insert(organization)
        return organization
    }

    /// Whether the group has room for one more row; if so it is taken.
    mutating func takePlace(
        organization: ExactText, kind: DivergenceKind, cause: DivergenceCause, maximum: Int
    ) -> Bool {
        let group = Group(organization: organization, kind: kind, cause: cause)
        guard rows[group, default: 0] < maximum else { return false }
        rows[group, default: 0] += 1
        return true
    }
}
