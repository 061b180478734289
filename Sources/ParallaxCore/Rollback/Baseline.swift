/// How long callers waited when only control decided: what response times are compared with, one for each source.
///
/// It is learned from control-only traffic and then frozen, so that a slow decline cannot become its own yardstick. It
/// is learned again, from control-only traffic again, once half its life is over; the old one holds until then.
package struct Baseline: Equatable, Sendable {
    /// Response times that are complete.
    package struct Frozen: Codable, Equatable, Sendable {
        package let samples: LatencyHistogram
        package let frozenAt: Timestamp

        /// Whether it can be how long the service takes without Redis: deciding in memory takes microseconds. Something
        /// else was slow if the quantile is above the floor, below which everything is fast enough, or 5 ms.
        ///
        /// - Parameter source: How long an application takes, only the application knows.
        package func isPlausible(of source: ResponseTimeSource, settings: RollbackSettings) -> Bool {
            guard source == .service, let quantile = samples.quantile(settings.responseTimeQuantile) else {
                return true
            }
            return quantile <= .milliseconds(max(5, settings.responseTimeFloorMilliseconds))
        }
    }

    /// What a baseline is good for at one time.
    package enum State: Equatable, Sendable {
        /// Not complete yet: this many samples so far.
        case learning(samples: Int)
        case frozen(Frozen)
        /// Too old to say anything about today.
        case stale(Frozen)
    }

    /// The case of a state. The raw values are shown: they never change.
    package enum Stage: String, CaseIterable, Sendable {
        case learning
        case frozen
        case stale
    }

    var service = LearnedTimes()
    var application = LearnedTimes()

    package init() {}

    /// The service's.
    package var frozen: Frozen? { service.frozen }

    /// Takes in response times of traffic that only control decided.
    ///
    /// - Returns: Whether they were of use; a baseline in the first half of its life ignores them.
    @discardableResult
    package mutating func learn(
        _ samples: LatencyHistogram, from source: ResponseTimeSource = .service, at now: Timestamp,
        settings: RollbackSettings
    ) -> Bool {
        switch source {
        case .service: service.learn(samples, at: now, settings: settings)
        case .application: application.learn(samples, at: now, settings: settings)
        }
    }

    package func state(
        of source: ResponseTimeSource = .service, at now: Timestamp, settings: RollbackSettings
    ) -> State {
        switch source {
        case .service: service.state(at: now, settings: settings)
        case .application: application.state(at: now, settings: settings)
        }
    }

    /// How many seconds the baseline of a source still has to be learned for, at least.
    package func secondsLeft(
        of source: ResponseTimeSource = .service, at now: Timestamp, settings: RollbackSettings
    ) -> Int {
        switch source {
        case .service: service.secondsLeft(at: now, settings: settings)
        case .application: application.secondsLeft(at: now, settings: settings)
        }
    }

    /// Takes over what is stored for each source of which nothing newer was frozen in the meantime.
    package mutating func adopt(_ stored: Baseline) {
        if service.frozen == nil { service = stored.service }
        if application.frozen == nil { application = stored.application }
    }
}

/// The service's stands at the top, where it stood when there was no other.
extension Baseline: Codable {
    private enum Key: String, CodingKey {
        case application
    }

    package init(from decoder: any Decoder) throws {
        service = try LearnedTimes(from: decoder)
        let container = try decoder.container(keyedBy: Key.self)
        application = try container.decodeIfPresent(LearnedTimes.self, forKey: .application) ?? LearnedTimes()
    }

    package func encode(to encoder: any Encoder) throws {
        try service.encode(to: encoder)
        guard !application.isEmpty else { return }
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(application, forKey: .application)
    }
}

extension Baseline.State {
    package var stage: Baseline.Stage {
        switch self {
        case .learning: .learning
        case .frozen: .frozen
        case .stale: .stale
        }
    }

    /// The samples it stands on, or has so far.
    package var samples: Int {
        switch self {
        case .learning(let samples): samples
        case .frozen(let frozen), .stale(let frozen): frozen.samples.count
        }
    }
}

extension Baseline {
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
}

extension RollbackSettings {
    fileprivate var baselineLifeMilliseconds: Int64 { Int64(baselineStaleDays) * 86_400_000 }
}

/// The baselines that the instances of one flag file share, so that a new one need not learn its own.
package struct SharedBaseline: Codable, Equatable, Sendable {
    /// The newest that any instance has frozen, by source; nothing that is being learned.
    package private(set) var baseline = Baseline()
    /// A person's acknowledgement that what was frozen before it is void; `nil` if there is none.
    package private(set) var forgotten: Acknowledgement?

    package init() {}

    /// Takes over what an instance has frozen, of each source of which it is newer.
    mutating package func merge(_ other: Baseline) {
        var other = other
        if let forgotten { other.forget(frozenUntil: forgotten.time) }
        baseline.adoptFrozen(of: other, ifNewer: true)
    }

    /// Voids all baselines.
    mutating package func forget(_ acknowledgement: Acknowledgement) {
        baseline = Baseline()
        forgotten = acknowledgement
    }
}

extension Baseline {
    /// Takes over what is frozen elsewhere, of each source of which nothing is frozen here.
    ///
    /// - Parameter ifNewer: Also of those of which something older is frozen here.
    /// - Returns: Whether anything was taken over.
    @discardableResult
    package mutating func adoptFrozen(of other: Baseline, ifNewer: Bool = false) -> Bool {
        let before = self
        service.adoptFrozen(of: other.service, ifNewer: ifNewer)
        application.adoptFrozen(of: other.application, ifNewer: ifNewer)
        return self != before
    }

    /// Forgets what was frozen, or began to be learned, at a time or before it.
    ///
    /// - Returns: Whether there was any.
    @discardableResult
    package mutating func forget(frozenUntil time: Timestamp) -> Bool {
        let before = self
        service.forget(until: time)
        application.forget(until: time)
        return self != before
    }
}
