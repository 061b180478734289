import GRDB
package import ParallaxCore

/// Single divergences behind a report's totals: examples of every group.
package struct ReportDetails: Equatable, Sendable {
    /// One kind and cause with its newest examples.
    package struct Group: Equatable, Sendable {
        package var kind: DivergenceKind
        package var cause: DivergenceCause
        package var examples: [StoredDivergence]

        package init(kind: DivergenceKind, cause: DivergenceCause, examples: [StoredDivergence]) {
            self.kind = kind
            self.cause = cause
            self.examples = examples
        }
    }

    /// The groups that have a stored divergence, in the order of kinds and causes.
    package var groups: [Group] = []

    package init() {}
}

extension DivergenceStore {
    /// The single divergences behind a report of the same databases and filter.
    ///
    /// - Parameter examples: The most of one kind and cause; the newest are taken.
    package static func details(
        of stores: [DivergenceStore], _ filter: DivergenceFilter = DivergenceFilter(), examples: Int = 5
    ) async throws -> ReportDetails {
        let filter = filter.wholeMinutes
        var groups: [DetailsReader.GroupKey: [StoredDivergence]] = [:]
        for store in stores {
            let reader = DetailsReader(filter: filter)
            for (key, minutes) in try await store.read({ try reader.newestMinutes($0) }) {
                groups[key, default: []] += try await store.examples(key, minutes, filter, maximum: examples)
            }
        }
        var details = ReportDetails()
        details.groups = groups.filter { !$0.value.isEmpty }.sorted { $0.key < $1.key }.map { key, found in
            .init(
                kind: key.kind, cause: key.cause, examples: Array(found.sorted { $0.time > $1.time }.prefix(examples)))
        }
        return details
    }

    /// The newest of one group, from the newest minute that has any on.
    private func examples(
        _ key: DetailsReader.GroupKey, _ minutes: [Timestamp], _ filter: DivergenceFilter, maximum: Int
    ) async throws -> [StoredDivergence] {
        var found: [StoredDivergence] = []
        for minute in minutes where found.count < maximum {
            let filter = DivergenceFilter(
                since: minute, until: minute + 60_000, organization: filter.organization, kind: key.kind,
                cause: key.cause)
            found += try await divergences(filter, limit: maximum - found.count)
        }
        return found
    }
}

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
