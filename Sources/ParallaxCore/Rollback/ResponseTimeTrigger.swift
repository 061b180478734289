/// Fires when callers wait much longer than they did with control alone.
///
/// Both must exceed the limit: over the long window the lower bound of the quantile, so that it is surely so, and over
/// the short window the quantile itself, so that it still is. The limit is the upper bound of the baseline's quantile
/// times a factor, or the floor where that is higher.
package struct ResponseTimeTrigger: Sendable {
    /// The quantiles at one time and what they are held to.
    package struct Quantiles: Equatable, Sendable {
        package var quantile: Duration
        package var lowerBound: Duration
        package var shortQuantile: Duration
        package var baselineUpperBound: Duration
        package var limit: Duration
    }

    /// The verdict at one time, in numbers.
    package struct Reading: Equatable, Sendable {
        package var state: TriggerState
        package var samples: Int
        package var shortSamples: Int
        package var watchedSeconds: Int
        package var baseline: Baseline.State
        /// `nil` where there is nothing to compare.
        package var quantiles: Quantiles?
    }

    let settings: RollbackSettings
    private var buckets: SecondBuckets<LatencyHistogram>
    private var watchedSince: Int64?

    /// - Parameter settings: Validated settings.
    package init(settings: RollbackSettings) {
        self.settings = settings
        buckets = SecondBuckets(longSeconds: settings.longWindowSeconds, shortSeconds: settings.shortWindowSeconds)
    }

    /// Takes in how long one caller waited while the candidate was in play.
    package mutating func latency(_ duration: Duration, at now: Moment) {
        var samples = LatencyHistogram()
        samples.record(duration)
        count(samples, at: now)
    }

    /// Takes in how long the callers of the last second waited.
    package mutating func count(_ samples: LatencyHistogram, at now: Moment) {
        watch(now)
        buckets.add(samples, second: now.second)
    }

    /// Forgets everything, after a time in which nobody counted.
    package mutating func restart() {
        buckets.clear()
        watchedSince = nil
    }

    package mutating func read(at now: Moment, baseline: Baseline) -> Reading {
        watch(now)
        buckets.advance(to: now.second)
        var reading = Reading(
            state: .inconclusive, samples: buckets.long.count, shortSamples: buckets.short.count,
            watchedSeconds: watchedSeconds(at: now), baseline: baseline.state(at: now.wall, settings: settings))
        guard case .frozen(let frozen) = reading.baseline else { return reading }
        guard reading.watchedSeconds >= settings.shortWindowSeconds else {
            reading.state = .warming
            return reading
        }
        guard reading.samples >= settings.minimumSamples, let quantiles = quantiles(against: frozen) else {
            return reading
        }
        reading.quantiles = quantiles
        reading.state = state(of: quantiles)
        return reading
    }

    private func quantiles(against frozen: Baseline.Frozen) -> Quantiles? {
        let share = settings.responseTimeQuantile
        let deviations = settings.confidenceDeviations
        guard let quantile = buckets.long.quantile(share),
            let lower = buckets.long.quantileBounds(share, deviations: deviations)?.lower,
            let upper = frozen.samples.quantileBounds(share, deviations: deviations)?.upper
        else { return nil }
        let floor = Duration.milliseconds(settings.responseTimeFloorMilliseconds)
        return Quantiles(
            quantile: quantile, lowerBound: lower, shortQuantile: buckets.short.quantile(share) ?? .zero,
            baselineUpperBound: upper, limit: max(upper * settings.responseTimeFactor, floor))
    }

    private func state(of quantiles: Quantiles) -> TriggerState {
        ResponseTimeTrigger.state(
            quantile: quantiles.quantile, lowerBound: quantiles.lowerBound, shortQuantile: quantiles.shortQuantile,
            limit: quantiles.limit)
    }

    private mutating func watch(_ now: Moment) {
        if watchedSince == nil { watchedSince = now.second }
    }

    private func watchedSeconds(at now: Moment) -> Int {
        min(settings.longWindowSeconds, Int(now.second - (watchedSince ?? now.second)))
    }
}
