/// Fires when callers wait much longer than they did with only control.
///
/// Both must exceed the limit: over the long window the lower bound of the quantile, so that it is so, and over
/// the short window the quantile itself, so that it still is. The limit is the upper bound of the baseline's quantile
/// times a factor, or the floor if that is higher. The service's answers and those that applications report are judged
/// apart, each by a baseline of its own: together, a change of their mix would look like a change of the times. The
/// service's callers who waited for the candidate are also judged by themselves.
package struct ResponseTimeTrigger: Sendable {
    /// Whose response times are judged together.
    package enum Population: String, CaseIterable, Sendable {
        /// All callers of the service while the candidate was in play.
        case service
        /// Those of them who waited for the candidate: while few do, all others would hide what they wait.
        case waited
        /// Callers of applications.
        case application

        /// Whose baseline they are held to.
        var source: ResponseTimeSource { self == .application ? .application : .service }

        /// As sentences call them.
        var callers: String {
            switch self {
            case .service: "callers"
            case .waited: "callers who wait for the candidate"
            case .application: "applications"
            }
        }
    }

    let settings: RollbackSettings
    private var service: ResponseTimeWindows
    private var application: ResponseTimeWindows
    private var watchedSince: Int64?

    /// - Parameter settings: Validated settings.
    package init(settings: RollbackSettings) {
        self.settings = settings
        service = ResponseTimeWindows(settings: settings)
        application = ResponseTimeWindows(settings: settings)
    }

    /// Takes in how long one caller waited while the candidate was in play.
    package mutating func latency(_ duration: Duration, at now: ClockReading) {
        var samples = LatencyHistogram()
        samples.record(duration)
        count(samples, at: now)
    }

    /// Takes in how long the service's callers of the last second waited while the candidate was in play.
    package mutating func count(_ samples: LatencyHistogram, at now: ClockReading) {
        var times = ResponseTimes()
        times.inPlay = AnsweredTimes(times: samples)
        count(times, from: .service, at: now)
    }

    /// Takes in how long the callers of the last second waited. What `legacy` answered belongs to a baseline, and is
    /// not followed.
    package mutating func count(_ times: ResponseTimes, from source: ResponseTimeSource, at now: ClockReading) {
        watch(now)
        switch source {
        case .service: service.count(times, second: now.second)
        case .application: application.count(times, second: now.second)
        }
    }

    /// Forgets everything, after a time in which no one counted.
    package mutating func restart() {
        service.clear()
        application.clear()
        watchedSince = nil
    }

    /// Judges one population.
    ///
    /// - Parameters:
    ///   - waiting: How long the service's callers have waited who have no answer yet. Those that have waited beyond the
    ///     limit count as samples, here and now: in a later reading they count as they are then, and once answered
    ///     with only their whole time.
    ///   - strategy: Only in `hybrid` is there a hold-out.
    package mutating func read(
        _ population: Population = .service, at now: ClockReading, baseline: Baseline,
        waiting: LatencyHistogram = LatencyHistogram(), strategy: Strategy = .hybrid
    ) -> Reading {
        watch(now)
        service.advance(to: now.second)
        application.advance(to: now.second)
        let windows = windows(of: population)
        let state = baseline.state(of: population.source, at: now.wall, settings: settings)
        var reading = Reading(
            population: population, settings: settings, watchedSeconds: watchedSeconds(at: now),
            isUnwaited: isUnwaited(waiting, strategy), samples: windows.long.times.count,
            shortSamples: windows.short.times.count, baselineSamples: state.samples,
            baselineHolds: state.stage == .frozen,
            baselineSecondsLeft: baseline.secondsLeft(of: population.source, at: now.wall, settings: settings),
            waits: waits(windows.long.waits))
        if settings.baselineHoldoutPercent > 0 && strategy == .hybrid { reading.heldOutSamples = windows.held.count }
        var yardstick = reading.usesHoldout ? windows.held : nil
        switch state {
        case .learning: break
        case .frozen(let frozen): yardstick = yardstick ?? frozen.samples
        case .stale(let frozen): reading.baselineStaleDays = Int((now.wall - frozen.frozenAt) / 86_400_000)
        }
        guard let yardstick, reading.watchedSeconds >= settings.errorShortWindowSeconds else { return reading }
        let callers = population.source == .service ? waiting : LatencyHistogram()
        measure(windows, by: yardstick, waiting: callers, into: &reading)
        return reading
    }

    private typealias Windows = (long: AnsweredTimes, short: AnsweredTimes, held: LatencyHistogram)

    private func windows(of population: Population) -> Windows {
        switch population {
        case .service: (service.long, service.short, service.held)
        case .waited: (service.long.ofThoseThatWaited, service.short.ofThoseThatWaited, service.held)
        case .application: (application.long, application.short, application.held)
        }
    }

    private func measure(
        _ windows: Windows, by yardstick: LatencyHistogram, waiting: LatencyHistogram,
        into reading: inout Reading
    ) {
        let share = settings.responseTimeQuantile
        guard let baseline = yardstick.quantile(share),
            let upper = yardstick.quantileBounds(share, deviations: settings.confidenceDeviations)?.upper
        else { return }
        let limit = reading.limit(over: upper)
        let slow = waiting.samples(above: limit)
        let (long, short) = (windows.long.adding(unanswered: slow), windows.short.adding(unanswered: slow))
        reading.slowInFlight = slow.count
        reading.samples = long.times.count
        reading.shortSamples = short.times.count
        guard reading.samples >= settings.responseTimeMinimum, let quantile = long.times.quantile(share),
            let lower = long.times.quantileBounds(share, deviations: settings.confidenceDeviations)?.lower
        else { return }
        reading.quantiles = Quantiles(
            quantile: quantile, lowerBound: lower, shortQuantile: short.times.quantile(share) ?? .zero,
            baselineQuantile: baseline, baselineUpperBound: upper, limit: limit,
            limiterPart: long.hasWaits ? long.withoutWaits.quantile(share).map { quantile - $0 } : nil)
    }

    /// Whether the service answered callers and none of them waited, or waits, for the candidate. An application's callers
    /// wait for it at the service, if at all.
    private func isUnwaited(_ waiting: LatencyHistogram, _ strategy: Strategy) -> Bool {
        let answered = service.long
        return strategy == .hybrid && waiting.count == 0 && answered.times.count > 0 && answered.hasWaits
            && answered.waits.count == 0
    }

    private func waits(_ waits: LatencyHistogram) -> Waits? {
        guard let median = waits.quantile(0.5), let quantile = waits.quantile(settings.responseTimeQuantile) else {
            return nil
        }
        return Waits(count: waits.count, median: median, quantile: quantile)
    }

    private mutating func watch(_ now: ClockReading) {
        if watchedSince == nil { watchedSince = now.second }
    }

    private func watchedSeconds(at now: ClockReading) -> Int {
        min(settings.errorWindowSeconds, Int(now.second - (watchedSince ?? now.second)))
    }
}

extension ResponseTimeTrigger {
    /// Judges all populations: the most serious verdict is the trigger's.
    ///
    /// The parameters are those of reading one of them.
    package mutating func evaluate(
        at now: ClockReading, baseline: Baseline, waiting: LatencyHistogram = LatencyHistogram(),
        strategy: Strategy = .hybrid
    ) -> Evaluation {
        let readings = readings(at: now, baseline: baseline, waiting: waiting, strategy: strategy)
        let verdict = Self.verdict(on: readings)
        var evaluation = Evaluation(
            trigger: .responseTime, time: now.wall, state: verdict.state, sentence: verdict.sentence)
        (evaluation.reading, evaluation.isHeldBack) = (.responseTime(readings), verdict.isHeldBack)
        return evaluation
    }

    /// The state only, without a sentence.
    mutating func state(
        at now: ClockReading, baseline: Baseline, waiting: LatencyHistogram, strategy: Strategy
    ) -> TriggerState {
        let readings = readings(at: now, baseline: baseline, waiting: waiting, strategy: strategy)
        return readings.map(\.state).max { $0.severity < $1.severity } ?? .inconclusive
    }

    /// The service's reading, and those of populations that are judged next to it.
    private mutating func readings(
        at now: ClockReading, baseline: Baseline, waiting: LatencyHistogram, strategy: Strategy
    ) -> [Reading] {
        let readings = Population.allCases.map {
            read($0, at: now, baseline: baseline, waiting: waiting, strategy: strategy)
        }
        // An application that does not report has no verdict; if every caller waited, one verdict is enough.
        return readings.filter {
            switch $0.population {
            case .service: true
            case .waited: $0.samples > 0 && $0.samples < readings[0].samples
            case .application: $0.samples > 0
            }
        }
    }

    /// The most serious verdict, and of equals the first.
    static func verdict(
        on readings: [Reading]
    ) -> (state: TriggerState, isHeldBack: Bool, isCompared: Bool, sentence: String) {
        var worst = readings[0]
        var sentence = worst.sentence
        for reading in readings.dropFirst() {
            if reading.population == .application && reading.state == .inconclusive && worst.state == .inconclusive {
                sentence += "; \(reading.sentence)"
            }
            guard reading.state.severity > worst.state.severity else { continue }
            worst = reading
            sentence = reading.sentence
            if reading.population == .application, !reading.settings.trustsApplicationTimes {
                sentence += "; who reports is not known, so it does not roll back (RESPONSE_TIMES_TOKEN_FILE)"
            }
        }
        return (worst.state, worst.isHeldBack, readings.contains { $0.quantiles != nil }, sentence)
    }
}

extension TriggerState {
    /// Orders the verdicts on several populations: a verdict before none.
    fileprivate var severity: Int {
        switch self {
        case .inconclusive: 0
        case .warming: 1
        case .ok: 2
        case .suspect: 3
        case .firing: 4
        }
    }
}

extension AnsweredTimes {
    /// With requests that have waited this long for the candidate, and wait still: without it they would have been
    /// answered at once.
    fileprivate func adding(unanswered ages: LatencyHistogram) -> AnsweredTimes {
        guard ages.count > 0 else { return self }
        var answered = self
        let isPaired = hasWaits
        answered.times.add(ages)
        if isPaired { answered.withoutWaits.add(UInt32(ages.count), toBucket: 0) }
        return answered
    }
}
