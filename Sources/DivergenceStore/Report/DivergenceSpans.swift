import GRDB
import ParallaxCore

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
