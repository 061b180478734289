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

/// The spans of four hours that hold any divergence within a filter's times: the first column of the index by identity.
///
/// A query that names the spans can use the columns after them, which SQLite would not do by itself.
struct DivergenceSpans {
    private static let milliseconds: Int64 = 4 * 3_600_000

    /// What to select from, with ``json`` as its argument.
    static let join = """
        json_each(?) AS spans CROSS JOIN divergence INDEXED BY divergence_identity ON divergence.span = spans.value
        """

    /// The spans that the filter's times touch, whether they hold anything or not.
    static func range(of filter: DivergenceFilter) -> ClosedRange<Int64> {
        // Wide enough for every time, and still fit to be counted up from.
        let first = filter.since.map { $0.milliseconds / milliseconds } ?? Int64(Int32.min)
        let last = filter.until.map { $0.milliseconds / milliseconds } ?? Int64(Int32.max)
        return first...max(first, last)
    }

    /// The spans as a JSON array.
    let json: String

    init(_ database: Database, _ filter: DivergenceFilter) throws {
        // One look into the index for each span.
        let statement = try database.cachedStatement(
            sql: "SELECT MIN(span) FROM divergence INDEXED BY divergence_identity WHERE span BETWEEN ? AND ?")
        let range = Self.range(of: filter)
        var next = range.lowerBound
        var spans: [Int] = []
        while next <= range.upperBound, let span = try Int.fetchOne(statement, arguments: [next, range.upperBound]) {
            spans.append(span)
            next = Int64(span) + 1
        }
        json = "[\(CommaSeparated.encode(spans))]"
    }
}
