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
