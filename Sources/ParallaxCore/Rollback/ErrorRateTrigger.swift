/// Fires when too large a share of the candidate's attempts fail while Redis is there.
///
/// Both must exceed the limit: over the long window the lower Wilson bound, so that it is so, and over the
/// short window the plain rate, so that it still is. An attempt is a decision that was made or failed with an error.
/// Failures of a Redis that is away belong to the Redis-down trigger: they are neither errors nor attempts, so that an
/// outage neither raises nor dilutes the rate of the rest; a setting counts them as both. What was skipped is neither.
package struct ErrorRateTrigger: Sendable {
    /// One window's counts.
    package struct Share: Equatable, Sendable {
        package var errors = 0
        package var attempts = 0

        /// In per cent; 0 without attempts.
        package var percent: Double { attempts == 0 ? 0 : Double(errors) * 100 / Double(attempts) }
    }

    /// What was counted at one time, and the settings that it is judged by.
    package struct Reading: Equatable, Sendable {
        package var settings = RollbackSettings()
        package var long = Share()
        package var short = Share()
        /// Failures of a Redis that was away, over the long window and over the short one; `nil` in what releases stored that
        /// did not count them.
        package var outages = 0
        package var shortOutages: Int?
        /// The part of the long window that has been watched.
        package var watchedSeconds = 0
    }

    private let settings: RollbackSettings
    private var buckets: SecondBuckets<AttemptTally>
    private var watchedSince: Int64?

    /// - Parameter settings: Validated settings.
    package init(settings: RollbackSettings) {
        self.settings = settings
        buckets = SecondBuckets(
            longSeconds: settings.errorWindowSeconds, shortSeconds: settings.errorShortWindowSeconds)
    }

    /// Takes in one attempt that was decided or failed with an error.
    package mutating func attempt(failed: Bool, at now: ClockReading) {
        count(failed ? AttemptTally(errors: 1) : AttemptTally(decided: 1), at: now)
    }

    /// Takes in what happened within the last second.
    package mutating func count(_ tally: AttemptTally, at now: ClockReading) {
        watch(now)
        buckets.add(tally, second: now.second)
    }

    /// Forgets everything, after a time in which no one counted.
    package mutating func restart() {
        buckets.clear()
        watchedSince = nil
    }

    package mutating func read(at now: ClockReading) -> Reading {
        watch(now)
        buckets.advance(to: now.second)
        return Reading(
            settings: settings, long: share(buckets.long), short: share(buckets.short), outages: buckets.long.outages,
            shortOutages: buckets.short.outages, watchedSeconds: watchedSeconds(at: now))
    }

    package mutating func evaluate(at now: ClockReading) -> Evaluation {
        let reading = read(at: now)
        var evaluation = Evaluation(
            trigger: .errorRate, time: now.wall, state: reading.state, sentence: reading.sentence)
        evaluation.reading = .errorRate(reading)
        return evaluation
    }

    private func share(_ tally: AttemptTally) -> Share {
        let errors = tally.errors + (settings.outagesAsErrors ? tally.outages : 0)
        return Share(errors: errors, attempts: tally.decided + errors)
    }

    private mutating func watch(_ now: ClockReading) {
        if watchedSince == nil { watchedSince = now.second }
    }

    private func watchedSeconds(at now: ClockReading) -> Int {
        min(settings.errorWindowSeconds, Int(now.second - (watchedSince ?? now.second)))
    }
}

extension ErrorRateTrigger.Reading {
    package var state: TriggerState {
        let limit = settings.errorRatePercent
        if watchedSeconds < settings.errorShortWindowSeconds { return .warming }
        if long.attempts < settings.errorMinimum { return .inconclusive }
        if lowerBoundPercent > limit && short.percent > limit { return .firing }
        return long.percent > limit || short.percent > limit ? .suspect : .ok
    }

    private var lowerBoundPercent: Double {
        100
            * WilsonBound.lower(
                successes: long.errors, trials: long.attempts, deviations: settings.confidenceDeviations)
    }

    var sentence: String {
        let attempts = NumberFormat.count(long.attempts)
        switch state {
        case .warming:
            return "counting for \(watchedSeconds) of the first \(settings.errorShortWindowSeconds) s, "
                + "\(attempts) attempts"
        case .inconclusive:
            return "\(attempts) attempts in \(watchedSeconds) s; an error rate needs at least "
                + NumberFormat.count(settings.errorMinimum)
        case .ok, .suspect, .firing:
            return "error rate \(NumberFormat.share(percent: long.percent)) "
                + "(lower bound \(NumberFormat.share(percent: lowerBoundPercent)), "
                + "limit \(NumberFormat.share(percent: settings.errorRatePercent))) over \(watchedSeconds) s, "
                + "\(attempts) attempts"
        }
    }

    /// The same counts under other settings, with outages among the errors or not; `nil` if they were not counted.
    func rejudged(with changes: RollbackSettings.Changes) -> Self? {
        var reading = self
        reading.settings = settings.applying(changes)
        guard reading.settings.outagesAsErrors != settings.outagesAsErrors else { return reading }
        guard let shortOutages else { return nil }
        let sign = settings.outagesAsErrors ? -1 : 1
        reading.long.errors += sign * outages
        reading.long.attempts += sign * outages
        reading.short.errors += sign * shortOutages
        reading.short.attempts += sign * shortOutages
        return reading
    }

    mutating func exchange(with numbers: inout EvidenceNumbers) {
        numbers.exchange("attempts", &long.attempts)
        numbers.exchange("errors", &long.errors)
        numbers.derive("ratePercent", long.percent)
        numbers.derive("lowerBoundPercent", lowerBoundPercent)
        numbers.exchange("shortAttempts", &short.attempts)
        numbers.exchange("shortErrors", &short.errors)
        numbers.derive("shortRatePercent", short.percent)
        numbers.exchange("outages", &outages)
        numbers.exchange("shortOutages", &shortOutages)
        numbers.exchange("outagesCountAsErrors", &settings.outagesAsErrors, ifMissing: false)
        numbers.exchange("limitPercent", &settings.errorRatePercent)
        numbers.exchange("minimumAttempts", &settings.errorMinimum)
        numbers.exchange("confidenceDeviations", &settings.confidenceDeviations)
        numbers.exchange("longWindowSeconds", &settings.errorWindowSeconds)
        numbers.exchange("shortWindowSeconds", &settings.errorShortWindowSeconds)
        numbers.exchange("watchedSeconds", &watchedSeconds)
        let counted = settings.outagesAsErrors ? (outages, shortOutages ?? 0) : (0, 0)
        if !(counted.0...max(counted.0, long.attempts)).contains(long.errors)
            || !(counted.1...max(counted.1, short.attempts)).contains(short.errors)
        {
            numbers.reject()
        }
    }
}
