/// Counts as they are read from a database that a stranger may have written: none is negative, and no sum of them
/// overflows.
///
/// Every count goes through ``take(_:)``, which keeps the sum of all of them below a bound. What is added up from any
/// of them is then below that bound as well, and of a thousand databases together far below what an integer holds.
struct ReadCounts {
    /// Above it, numbers in JSON are not exact.
    private static let maximum: Int64 = 1 << 53

    private var sum: Int64 = 0

    /// - Throws: ``DivergenceStoreError`` with code `altered`.
    mutating func take(_ count: Int64) throws(DivergenceStoreError) -> Int {
        guard (0...Self.maximum).contains(count), sum <= Self.maximum - count else {
            throw DivergenceStoreError(.altered, "the database holds impossible counts; restore it from a copy")
        }
        sum += count
        return Int(count)
    }
}
