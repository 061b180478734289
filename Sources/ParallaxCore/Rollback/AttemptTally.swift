import Synchronization

/// How often the candidate was asked, and how it failed.
package struct AttemptTally: Equatable, SecondTally {
    /// Decisions, allowed or limited.
    package var decided = 0
    /// Failures of a Redis that was there, and answered wrongly.
    package var errors = 0
    /// Failures of a Redis that was away.
    package var outages = 0

    package init() {}

    package init(decided: Int = 0, errors: Int = 0, outages: Int = 0) {
        self.decided = decided
        self.errors = errors
        self.outages = outages
    }

    /// Counts one decision of the candidate. One that was skipped was never attempted, and counts nowhere.
    package mutating func count(_ outcome: Decision.Outcome) {
        switch outcome {
        case .allowed, .limited: decided += 1
        case .unavailable(.skipped): break
        case .unavailable(let reason) where reason.isOutage: outages += 1
        case .unavailable: errors += 1
        }
    }

    /// The same failures, all of them taken as errors.
    package var withOutagesAsErrors: AttemptTally {
        AttemptTally(decided: decided, errors: errors + outages, outages: 0)
    }

    package mutating func add(_ other: AttemptTally) {
        decided += other.decided
        errors += other.errors
        outages += other.outages
    }

    package mutating func subtract(_ other: AttemptTally) {
        decided -= other.decided
        errors -= other.errors
        outages -= other.outages
    }
}

/// Failed attempts by reason.
package struct FailureTally: Equatable, SecondTally {
    package private(set) var counts: [Unavailability: Int] = [:]

    package init() {}

    package init(_ counts: [Unavailability: Int]) {
        self.counts = counts.filter { $0.value > 0 }
    }

    package var isEmpty: Bool { counts.isEmpty }

    /// The reasons that occurred, the most frequent first.
    package var reasons: [(reason: Unavailability, count: Int)] {
        counts.map { ($0.key, $0.value) }.sorted { ($1.1, $0.0.rawValue) < ($0.1, $1.0.rawValue) }
    }

    package mutating func add(_ other: FailureTally) {
        for (reason, count) in other.counts { counts[reason, default: 0] += count }
    }

    package mutating func subtract(_ other: FailureTally) {
        for (reason, count) in other.counts {
            let rest = (counts[reason] ?? 0) - count
            counts[reason] = rest > 0 ? rest : nil
        }
    }
}

/// What failed over the long window and since when: what a person asks first about a trigger.
///
/// No trigger decides by it.
package struct FailureLog: Sendable {
    private var window: SecondBuckets<FailureTally>
    /// When the first of the failures occurred that the window has held without a break.
    private var began: ClockReading?

    init(settings: RollbackSettings) {
        window = SecondBuckets(longSeconds: settings.errorWindowSeconds, shortSeconds: settings.errorShortWindowSeconds)
    }

    mutating func count(_ failures: FailureTally, at now: ClockReading) {
        window.add(failures, second: now.second)
        began = window.long.isEmpty ? nil : began ?? now
    }

    mutating func restart() {
        window.clear()
        began = nil
    }

    /// The evaluation with the failures, which its sentence tells if it is beyond a limit.
    func explaining(_ evaluation: Evaluation, at now: ClockReading) -> Evaluation {
        guard let began, !window.long.isEmpty else { return evaluation }
        var evaluation = evaluation
        (evaluation.failures, evaluation.failuresBegan) = (window.long, began.wall)
        if evaluation.state == .firing || evaluation.state == .suspect {
            let seconds = max(0, (now.steadyMilliseconds - began.steadyMilliseconds) / 1000)
            let reasons = window.long.reasons.map { "\($0.reason.rawValue) \(NumberFormat.count($0.count))" }
            evaluation.sentence +=
                "; failed for \(NumberFormat.count(Int(seconds))) s: \(reasons.joined(separator: ", "))"
        }
        return evaluation
    }
}

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
