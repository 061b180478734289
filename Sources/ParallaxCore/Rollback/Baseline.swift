/// How long callers waited when control alone decided: what response times are compared with.
///
/// It is learned from control-only traffic and then frozen, so that a slow decline cannot become its own yardstick. It
/// is learned anew, from control-only traffic again, once half its life is over; the old one holds until then.
package struct Baseline: Codable, Equatable, Sendable {
    /// Response times that are complete.
    package struct Frozen: Codable, Equatable, Sendable {
        package let samples: LatencyHistogram
        package let frozenAt: Timestamp
    }

    /// What a baseline is good for at one time.
    package enum State: Equatable, Sendable {
        /// Not complete yet: this many samples so far.
        case learning(samples: Int)
        case frozen(Frozen)
        /// Too old to say anything about today.
        case stale(Frozen)
    }

    package private(set) var frozen: Frozen?
    private var learned = LatencyHistogram()
    private var learningSince: Timestamp?

    package init() {}

    /// Takes in response times of traffic that control alone decided.
    ///
    /// - Returns: Whether they were of use; a baseline in the first half of its life heeds nothing.
    @discardableResult
    package mutating func learn(_ samples: LatencyHistogram, at now: Timestamp, settings: RollbackSettings) -> Bool {
        guard samples.count > 0, isWanting(at: now, settings: settings) else { return false }
        // Samples of a month ago and of today make no baseline together.
        if let since = learningSince, now - since > Baseline.lifeMilliseconds(settings) { forgetLearned() }
        let since = learningSince ?? now
        learningSince = since
        learned.add(samples)
        if learned.count >= settings.baselineMinimumSamples
            && now - since >= Int64(settings.baselineMinimumSeconds) * 1000
        {
            frozen = Frozen(samples: learned, frozenAt: now)
            forgetLearned()
        }
        return true
    }

    package func state(at now: Timestamp, settings: RollbackSettings) -> State {
        guard let frozen else { return .learning(samples: learned.count) }
        return now - frozen.frozenAt > Baseline.lifeMilliseconds(settings) ? .stale(frozen) : .frozen(frozen)
    }

    private mutating func forgetLearned() {
        learned = LatencyHistogram()
        learningSince = nil
    }

    private func isWanting(at now: Timestamp, settings: RollbackSettings) -> Bool {
        guard let frozen else { return true }
        return now - frozen.frozenAt > Baseline.lifeMilliseconds(settings) / 2
    }

    private static func lifeMilliseconds(_ settings: RollbackSettings) -> Int64 {
        Int64(settings.baselineStaleDays) * 86_400_000
    }
}
