import GRDB
import ParallaxCore

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
