import GRDB
package import ParallaxCore

/// Which records a report or a list is about; `nil` takes all.
package struct DivergenceFilter: Equatable, Sendable {
    /// From this time on.
    package var since: Timestamp?
    /// Up to but excluding this time.
    package var until: Timestamp?
    package var organization: String?
    package var kind: DivergenceKind?
    package var cause: DivergenceCause?

    package init(
        since: Timestamp? = nil, until: Timestamp? = nil, organization: String? = nil, kind: DivergenceKind? = nil,
        cause: DivergenceCause? = nil
    ) {
        self.since = since
        self.until = until
        self.organization = organization
        self.kind = kind
        self.cause = cause
    }

    /// The same with its times widened to whole minutes: what totals can tell apart.
    var wholeMinutes: DivergenceFilter {
        var filter = self
        filter.since = since?.startOfMinute
        filter.until = until.map { $0 == $0.startOfMinute ? $0 : $0.startOfMinute + 60_000 }
        return filter
    }
}

extension DivergenceFilter {
    /// A condition over the columns that carry what the filter names, with its arguments. A column without a name is not
    /// filtered.
    func condition(
        time: String, organization organizationColumn: String? = nil, kind kindColumn: String? = nil,
        cause causeColumn: String? = nil
    ) -> (sql: String, arguments: StatementArguments) {
        var terms: [String] = []
        var arguments: [DatabaseValue] = []
        func require(_ term: String, _ value: DatabaseValue?) {
            guard let value else { return }
            terms.append(term)
            arguments.append(value)
        }
        require("\(time) >= ?", since?.milliseconds.databaseValue)
        require("\(time) < ?", until?.milliseconds.databaseValue)
        if let organizationColumn {
            require("\(organizationColumn) = CAST(? AS TEXT)", organization.map { ExactText($0).databaseValue })
        }
        if let kindColumn { require("\(kindColumn) = ?", kind?.rawValue.databaseValue) }
        if let causeColumn { require("\(causeColumn) = ?", cause?.rawValue.databaseValue) }
        return (terms.isEmpty ? "TRUE" : terms.joined(separator: " AND "), StatementArguments(arguments))
    }
}
