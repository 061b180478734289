import Foundation

/// A service as a simulation sees it: how much is asked of it, how often that fails, and how long callers wait.
package struct ModelledService: Equatable, Sendable {
    /// Requests a second, as they come by themselves: independent of each other.
    package var requestsPerSecond: Double
    /// The true share of the candidate's decisions that fail while Redis is there, in per cent.
    package var errorPercent: Double
    /// How far the rate swings over a day, as a share of itself below 1.
    package var rateSwing: Double
    /// How long callers wait with only control; `nil` if response times are left out.
    package var latency: LatencyShape?
    /// How far waits swing over a day, as a share of themselves below 1.
    package var latencySwing: Double

    package init(
        requestsPerSecond: Double, errorPercent: Double = 0, rateSwing: Double = 0, latency: LatencyShape? = nil,
        latencySwing: Double = 0
    ) {
        self.requestsPerSecond = requestsPerSecond
        self.errorPercent = errorPercent
        self.rateSwing = rateSwing
        self.latency = latency
        self.latencySwing = latencySwing
    }
}

/// What the candidate does to a service while it is in play.
package struct CandidateCondition: Hashable, Sendable {
    /// The share of decisions that fail while Redis is there, instead of the service's own; `nil` leaves that.
    package var errorPercent: Double?
    /// The share of probes and of decisions that Redis answers; 0 is an outage, and a little more a brown-out.
    package var redisSuccessPercent: Double
    /// How many times longer than with only control callers wait.
    package var latencyFactor: Double

    package init(errorPercent: Double? = nil, redisSuccessPercent: Double = 100, latencyFactor: Double = 1) {
        self.errorPercent = errorPercent
        self.redisSuccessPercent = redisSuccessPercent
        self.latencyFactor = latencyFactor
    }

    /// Redis is there, errors are as rare as ever, and no one waits longer.
    package static let healthy = CandidateCondition()
}

/// How the time that callers wait is distributed: a log-normal body, and a share with a tail as heavy as Pareto's.
///
/// Waits are log-normal when many things each multiply them a little. Retries, pauses and queues add a tail that falls
/// as a power of the time, in which an hour's slowest request is many times slower than a minute's.
package struct LatencyShape: Hashable, Sendable {
    /// What half of the body's requests do not exceed.
    package var medianMilliseconds: Double
    /// The standard deviation of the body's logarithm; 0.5 is narrow, 1 usual, 2 very wide.
    package var spread: Double
    /// The share of requests in the tail, from 0 up to but excluding 1.
    package var tailShare: Double
    /// How fast the tail falls: a time twice as long is this power of two rarer. Below 2 it has no variance.
    package var tailExponent: Double
    /// Where the tail begins, in medians.
    package var tailStart: Double

    package init(
        medianMilliseconds: Double, spread: Double, tailShare: Double = 0, tailExponent: Double = 1.5,
        tailStart: Double = 3
    ) {
        self.medianMilliseconds = medianMilliseconds
        self.spread = spread
        self.tailShare = tailShare
        self.tailExponent = tailExponent
        self.tailStart = tailStart
    }

    /// The share of requests that wait longer than a time in milliseconds.
    func share(above milliseconds: Double) -> Double {
        guard milliseconds > 0 else { return 1 }
        let deviations = log(milliseconds / medianMilliseconds) / spread
        let body = erfc(deviations / 2.0.squareRoot()) / 2
        let start = medianMilliseconds * tailStart
        let tail = milliseconds <= start ? 1 : pow(start / milliseconds, tailExponent)
        return (1 - tailShare) * body + tailShare * tail
    }
}

/// A Redis that goes down, comes back and goes down again.
package struct CrashLoop: Hashable, Sendable {
    package var downSeconds: Int
    package var upSeconds: Int

    package init(downSeconds: Int, upSeconds: Int) {
        self.downSeconds = downSeconds
        self.upSeconds = upSeconds
    }

    /// Whether Redis is down in a second, counted from 0 at the beginning of an outage.
    package func isDown(inSecond second: Int) -> Bool {
        second % (downSeconds + upSeconds) < downSeconds
    }
}

/// A factor that rises and falls once a day around 1, lowest at four in the morning.
struct DailyCycle: Sendable {
    /// How long the factor stays as it is.
    static let stepSeconds: Int64 = 900

    /// How far it swings, as a share: 0.2 is from 0.8 to 1.2.
    let swing: Double

    /// The step of the day that holds a second; always 0 if nothing swings, so that all steps are one.
    func step(atSecond second: Int64) -> Int {
        swing == 0 ? 0 : Int(second % 86_400 / DailyCycle.stepSeconds)
    }

    /// The factor in the middle of a step.
    func factor(inStep step: Int) -> Double {
        let hours = (Double(step) + 0.5) * Double(DailyCycle.stepSeconds) / 3_600
        return 1 - swing * cos(2 * .pi * (hours - 4) / 24)
    }
}
