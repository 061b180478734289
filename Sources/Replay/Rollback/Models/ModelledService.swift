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
