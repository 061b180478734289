import Foundation

/// Computes something for each item, as many at a time as there are processors.
///
/// - Returns: The results in the order of the items.
func concurrently<Item: Sendable, Result: Sendable>(
    _ items: [Item], _ compute: @escaping @Sendable (Item) throws -> Result
) async throws -> [Result] {
    try await withThrowingTaskGroup(of: (Int, Result).self) { group in
        var results = [Result?](repeating: nil, count: items.count)
        var next = 0
        func start() {
            guard next < items.count else { return }
            let (index, item) = (next, items[next])
            next += 1
            group.addTask { (index, try compute(item)) }
        }
        for _ in 0..<ProcessInfo.processInfo.activeProcessorCount { start() }
        for try await (index, result) in group {
            results[index] = result
            start()
        }
        return results.compactMap(\.self)
    }
}
