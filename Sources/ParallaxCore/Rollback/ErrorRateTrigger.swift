/// Fires when too large a share of the candidate's attempts fail while Redis is there.
///
/// Both must exceed the limit: over the long window the lower Wilson bound, so that it is so, and over the
/// short window the plain rate, so that it still is. An attempt is a decision that was made or failed with an error.
/// Failures of a Redis that is away belong to the Redis-down trigger: they are neither errors nor attempts, so that an
/// outage neither raises nor dilutes the rate of the rest; a setting counts them as both. What was skipped is neither.
package struct ErrorRateTrigger: Sendable {
    /// One window's counts.
    package struct Share: Equatable, Sendable {
        package var errors: Int
        package var attempts: Int

        /// In per cent; 0 without attempts.
        package var percent: Double { attempts == 0 ? 0 : Double(errors) * 100 / Double(attempts) }
    }

    /// The verdict at one time, in numbers.
    package struct Reading: Equatable, Sendable {
        package var state: TriggerState
        package var long: Share
        package var short: Share
        /// Failures of a Redis that was away, over the long window and over the short one.
        package var outages: Int
        package var shortOutages: Int
        package var lowerBoundPercent: Double
        /// The part of the long window that has been watched.
        package var watchedSeconds: Int
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
        let long = share(buckets.long)
        var reading = Reading(
            state: .ok, long: long, short: share(buckets.short), outages: buckets.long.outages,
            shortOutages: buckets.short.outages,
            lowerBoundPercent: ErrorRateTrigger.lowerBoundPercent(long, settings: settings),
            watchedSeconds: watchedSeconds(at: now))
        reading.state = ErrorRateTrigger.state(of: reading, settings: settings)
        return reading
    }

    static func lowerBoundPercent(_ share: Share, settings: RollbackSettings) -> Double {
        100
            * WilsonBound.lower(
                successes: share.errors, trials: share.attempts, deviations: settings.confidenceDeviations)
    }

    /// The verdict on what was counted, whatever state the reading has so far.
    static func state(of reading: Reading, settings: RollbackSettings) -> TriggerState {
        let limit = settings.errorRatePercent
        if reading.watchedSeconds < settings.errorShortWindowSeconds { return .warming }
        if reading.long.attempts < settings.errorMinimum { return .inconclusive }
        if reading.lowerBoundPercent > limit && reading.short.percent > limit { return .firing }
        return reading.long.percent > limit || reading.short.percent > limit ? .suspect : .ok
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

extension ErrorRateTrigger {
    package mutating func evaluate(at now: ClockReading) -> Evaluation {
        let reading = read(at: now)
        return Evaluation(
            trigger: .errorRate, time: now.wall, state: reading.state, figures: figures(reading),
            sentence: ErrorRateTrigger.sentence(reading, settings: settings))
    }

    private func figures(_ reading: Reading) -> [String: Double] {
        [
            "attempts": Double(reading.long.attempts), "errors": Double(reading.long.errors),
            "ratePercent": reading.long.percent, "lowerBoundPercent": reading.lowerBoundPercent,
            "shortAttempts": Double(reading.short.attempts), "shortErrors": Double(reading.short.errors),
            "shortRatePercent": reading.short.percent, "outages": Double(reading.outages),
            "shortOutages": Double(reading.shortOutages),
            "outagesCountAsErrors": settings.outagesAsErrors ? 1 : 0,
            "limitPercent": settings.errorRatePercent, "minimumAttempts": Double(settings.errorMinimum),
            "confidenceDeviations": settings.confidenceDeviations,
            "longWindowSeconds": Double(settings.errorWindowSeconds),
            "shortWindowSeconds": Double(settings.errorShortWindowSeconds),
            "watchedSeconds": Double(reading.watchedSeconds),
        ]
    }

    static func sentence(_ reading: Reading, settings: RollbackSettings) -> String {
        let attempts = NumberFormat.count(reading.long.attempts)
        switch reading.state {
        case .warming:
            return "counting for \(reading.watchedSeconds) of the first \(settings.errorShortWindowSeconds) s, "
                + "\(attempts) attempts"
        case .inconclusive:
            return "\(attempts) attempts in \(reading.watchedSeconds) s; an error rate needs at least "
                + NumberFormat.count(settings.errorMinimum)
        case .ok, .suspect, .firing:
            return "error rate \(NumberFormat.share(percent: reading.long.percent)) "
                + "(lower bound \(NumberFormat.share(percent: reading.lowerBoundPercent)), "
                + "limit \(NumberFormat.share(percent: settings.errorRatePercent))) over \(reading.watchedSeconds) s, "
                + "\(attempts) attempts"
        }
    }
}
