import Synchronization

/// Failed attempts by reason, which many threads count at once: one atomic addition a failure, and no lock.
package final class FailureCounters: Sendable {
    private static let reasons = Unavailability.allCases
    private let counts: InlineArray<9, Atomic<Int>>

    package init() {
        precondition(Self.reasons.count == 9, "a reason has no counter")
        counts = InlineArray { _ in Atomic(0) }
    }

    package func count(_ reason: Unavailability) {
        guard let place = Self.reasons.firstIndex(of: reason) else { return }
        counts[place].wrappingAdd(1, ordering: .relaxed)
    }

    /// Takes what was counted and starts at nothing.
    package func take() -> FailureTally {
        var taken: [Unavailability: Int] = [:]
        for (place, reason) in Self.reasons.enumerated() {
            taken[reason] = counts[place].exchange(0, ordering: .relaxed)
        }
        return FailureTally(taken)
    }
}
