import GRDB
import ParallaxCore

/// Where the examples of a report lie in one database.
struct DetailsReader {
    struct GroupKey: Hashable, Comparable, Sendable {
        let kind: DivergenceKind
        let cause: DivergenceCause

        static func < (left: GroupKey, right: GroupKey) -> Bool { left.place < right.place }

        private var place: Int {
            (DivergenceKind.allCases.firstIndex(of: kind) ?? 0) * DivergenceCause.allCases.count
                + (DivergenceCause.allCases.firstIndex(of: cause) ?? 0)
        }
    }

    /// The newest minutes of a group in which its examples are looked for.
    private static let maximumMinutes = 3

    /// Its times are whole minutes.
    let filter: DivergenceFilter

    /// The newest minutes with stored divergences of every group, the newest first.
    ///
    /// From totals, which are few: a list of single divergences by kind would have to look at all of them.
    func newestMinutes(_ database: Database) throws -> [GroupKey: [Timestamp]] {
        let (condition, arguments) = filter.condition(
            time: "minute", organization: "organization", kind: "detail", cause: "cause")
        let rows = try Row.fetchCursor(
            database,
            sql: """
                SELECT DISTINCT minute, detail, cause FROM total
                WHERE outcome = 'diverged' AND stored > 0 AND \(condition) ORDER BY minute
                """,
            arguments: arguments)
        var minutes: [GroupKey: [Timestamp]] = [:]
        while let row = try rows.next() {
            guard let kind = DivergenceKind(rawValue: row[1]), let cause = DivergenceCause(rawValue: row[2]) else {
                continue
            }
            var newest = minutes[GroupKey(kind: kind, cause: cause)] ?? []
            newest.insert(Timestamp(milliseconds: row[0]), at: 0)
            minutes[GroupKey(kind: kind, cause: cause)] = Array(newest.prefix(Self.maximumMinutes))
        }
        return minutes
    }
}
