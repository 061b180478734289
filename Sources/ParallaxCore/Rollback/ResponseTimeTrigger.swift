/// Fires when callers wait much longer than they did with control alone.
///
/// Both must exceed the limit: over the long window the lower bound of the quantile, so that it is so, and over
/// the short window the quantile itself, so that it still is. The limit is the upper bound of the baseline's quantile
/// times a factor, or the floor where that is higher. The service's answers and those that applications report are judged
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
    }

    /// The quantiles at one time and what they are held to.
    package struct Quantiles: Equatable, Sendable {
        package var quantile: Duration
        package var lowerBound: Duration
        package var shortQuantile: Duration
        package var baselineQuantile: Duration
        package var baselineUpperBound: Duration
        package var limit: Duration
        /// How much lower the quantile of the same requests would be had no one waited for the candidate; `nil` if
        /// the waits are not known.
        package var limiterPart: Duration?

        /// How far the quantile is above the baseline's.
        package var added: Duration { max(.zero, quantile - baselineQuantile) }
    }

    /// The waits for the candidate over the long window, of the requests that waited.
    package struct Waits: Equatable, Sendable {
        package var count: Int
        package var median: Duration
        package var quantile: Duration
    }

    /// The verdict on one population at one time, in numbers.
    package struct Reading: Equatable, Sendable {
        package var state: TriggerState
        /// Over the long window, with those in flight that count.
        package var samples: Int
        package var shortSamples: Int
        /// Requests that wait beyond the limit at this moment, and count with the time they have waited so far.
        package var slowInFlight = 0
        package var watchedSeconds: Int
        /// The learned baseline.
        package var baseline: Baseline.State
        /// For how long it still has to be learned, at least.
        package var baselineSecondsLeft = 0
        /// Response times of the hold-out over the long window; `nil` if there is no hold-out.
        package var heldOutSamples: Int?
        /// Whether the hold-out is what is compared with.
        package var usesHoldout = false
        /// `nil` if there is nothing to compare.
        package var quantiles: Quantiles?
        /// `nil` if no one waited for the candidate.
        package var waits: Waits?
        /// Whether it is known that no caller waits for the candidate, so that going back would take no wait away.
        package var isUnwaited = false
        /// Whether it would fire, if a caller waited for the candidate.
        package var isHeldBack = false
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
    ///     with their whole time alone.
    ///   - strategy: Only in `hybrid` is there a hold-out.
    package mutating func read(
        _ population: Population = .service, at now: ClockReading, baseline: Baseline,
        waiting: LatencyHistogram = LatencyHistogram(), strategy: Strategy = .hybrid
    ) -> Reading {
        watch(now)
        service.advance(to: now.second)
        application.advance(to: now.second)
        let windows = windows(of: population)
        var reading = Reading(
            state: .inconclusive, samples: windows.long.times.count, shortSamples: windows.short.times.count,
            watchedSeconds: watchedSeconds(at: now),
            baseline: baseline.state(of: population.source, at: now.wall, settings: settings),
            baselineSecondsLeft: baseline.secondsLeft(of: population.source, at: now.wall, settings: settings),
            waits: waits(windows.long.waits), isUnwaited: isUnwaited(waiting, strategy))
        if settings.baselineHoldoutPercent > 0 && strategy == .hybrid { reading.heldOutSamples = windows.held.count }
        reading.usesHoldout = (reading.heldOutSamples ?? 0) >= settings.holdoutMinimumSamples
        let yardstick = reading.usesHoldout ? windows.held : reading.baseline.frozenSamples
        guard let yardstick else { return reading }
        guard reading.watchedSeconds >= settings.errorShortWindowSeconds else {
            reading.state = .warming
            return reading
        }
        let callers = population.source == .service ? waiting : LatencyHistogram()
        judge(windows, by: yardstick, waiting: callers, into: &reading)
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

    private func judge(
        _ windows: Windows, by yardstick: LatencyHistogram, waiting: LatencyHistogram,
        into reading: inout Reading
    ) {
        let share = settings.responseTimeQuantile
        guard let baseline = yardstick.quantile(share),
            let upper = yardstick.quantileBounds(share, deviations: settings.confidenceDeviations)?.upper
        else { return }
        let floor = Duration.milliseconds(settings.responseTimeFloorMilliseconds)
        let limit = max(upper * settings.responseTimeFactor, floor)
        let slow = waiting.samples(above: limit)
        let (long, short) = (windows.long.adding(unanswered: slow), windows.short.adding(unanswered: slow))
        reading.slowInFlight = slow.count
        reading.samples = long.times.count
        reading.shortSamples = short.times.count
        guard reading.samples >= settings.responseTimeMinimum, let quantile = long.times.quantile(share),
            let lower = long.times.quantileBounds(share, deviations: settings.confidenceDeviations)?.lower
        else { return }
        let quantiles = Quantiles(
            quantile: quantile, lowerBound: lower, shortQuantile: short.times.quantile(share) ?? .zero,
            baselineQuantile: baseline, baselineUpperBound: upper, limit: limit,
            limiterPart: long.hasWaits ? long.withoutWaits.quantile(share).map { quantile - $0 } : nil)
        reading.quantiles = quantiles
        let state = ResponseTimeTrigger.state(
            quantile: quantiles.quantile, lowerBound: quantiles.lowerBound, shortQuantile: quantiles.shortQuantile,
            limit: quantiles.limit)
        // A hold-out that is faster at the same time shows that the candidate slows callers down, also if none waits for it.
        reading.isHeldBack =
            state == .firing && reading.isUnwaited && !reading.usesHoldout && !settings.responseTimeUnwaited
        reading.state = reading.isHeldBack ? .suspect : state
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

extension Baseline.State {
    /// What a frozen baseline holds.
    fileprivate var frozenSamples: LatencyHistogram? {
        guard case .frozen(let frozen) = self else { return nil }
        return frozen.samples
    }
}
