/// A rule that can cause a rollback. The raw values are stored and shown: they never change.
package enum Trigger: String, CaseIterable, Codable, Sendable {
    /// No good run of Redis for too long.
    case redisDown = "redis_down"
    /// Too many of the candidate's decisions fail while Redis is up.
    case errorRate = "error_rate"
    /// Callers wait much longer than they did with only control.
    case responseTime = "response_time"
}

/// What a trigger makes of its data. The raw values are stored and shown: they never change.
package enum TriggerState: String, CaseIterable, Sendable {
    /// Its windows have not filled yet since the start.
    case warming
    /// Enough data, and nothing wrong.
    case ok
    /// Beyond the threshold, but not yet or not long enough.
    case suspect
    /// Beyond the threshold, and long enough.
    case firing
    /// Too little data, or no baseline, to say anything.
    case inconclusive
}
