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
