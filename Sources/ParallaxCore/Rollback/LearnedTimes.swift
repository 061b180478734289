/// Response times of one source as they were while only control judged: learned, then frozen, then learned again.
struct LearnedTimes: Codable, Equatable, Sendable {
    private(set) var frozen: Baseline.Frozen?
    private var learned = LatencyHistogram()
    private var learningSince: Timestamp?

    init() {}

    /// Whether nothing was ever learned.
    var isEmpty: Bool { frozen == nil && learned.count == 0 }

    /// - Returns: Whether the samples were of use; a baseline in the first half of its life ignores them.
    mutating func learn(_ samples: LatencyHistogram, at now: Timestamp, settings: RollbackSettings) -> Bool {
        guard samples.count > 0, isWanting(at: now, settings: settings) else { return false }
        // Samples of a month ago and of today make no baseline together.
        if let since = learningSince, now - since > settings.baselineLifeMilliseconds { forgetLearned() }
        let since = learningSince ?? now
        learningSince = since
        learned.add(samples)
        if learned.count >= settings.baselineMinimumSamples
            && now - since >= Int64(settings.baselineMinimumSeconds) * 1000
        {
            frozen = Baseline.Frozen(samples: learned, frozenAt: now)
            forgetLearned()
        }
        return true
    }

    func state(at now: Timestamp, settings: RollbackSettings) -> Baseline.State {
        guard let frozen else { return .learning(samples: learned.count) }
        return now - frozen.frozenAt > settings.baselineLifeMilliseconds ? .stale(frozen) : .frozen(frozen)
    }

    mutating func adoptFrozen(of other: LearnedTimes, ifNewer: Bool) {
        guard let theirs = other.frozen else { return }
        if let ours = frozen, !ifNewer || ours.frozenAt >= theirs.frozenAt { return }
        frozen = theirs
    }

    /// Forgets what was frozen, or began to be learned, at a time or before it.
    mutating func forget(until time: Timestamp) {
        if let frozen, frozen.frozenAt <= time { self.frozen = nil }
        if let since = learningSince, since <= time { forgetLearned() }
    }

    /// How many seconds it still has to be learned for, at least; 0 once it is frozen, or only lacks samples.
    func secondsLeft(at now: Timestamp, settings: RollbackSettings) -> Int {
        guard frozen == nil else { return 0 }
        let learned = learningSince.map { now - $0 } ?? 0
        return Int(max(0, Int64(settings.baselineMinimumSeconds) * 1000 - learned) + 999) / 1000
    }

    private mutating func forgetLearned() {
        learned = LatencyHistogram()
        learningSince = nil
    }

    private func isWanting(at now: Timestamp, settings: RollbackSettings) -> Bool {
        guard let frozen else { return true }
        return now - frozen.frozenAt > settings.baselineLifeMilliseconds / 2
    }
}

extension RollbackSettings {
    fileprivate var baselineLifeMilliseconds: Int64 { Int64(baselineStaleDays) * 86_400_000 }
}
