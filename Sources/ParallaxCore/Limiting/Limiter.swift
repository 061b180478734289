/// Anything that can judge requests: the legacy limiter in memory, the shared one in Redis, a scripted one in tests.
package protocol Limiter: Sendable {
    /// Judges a request, and logs its units if it is accepted.
    ///
    /// Never throws: a limiter that cannot answer says so in the decision.
    ///
    /// - Parameter now: The time to judge at; `nil` leaves it to the limiter's own clock.
    func check(_ request: CheckRequest, at now: Timestamp?) async -> Decision

    /// Judges a request by the limiter's own clock, and skips it instead of letting it wait for others of its identity.
    func checkUnqueued(_ request: CheckRequest) async -> Decision
}

extension Limiter {
    package func checkUnqueued(_ request: CheckRequest) async -> Decision { await check(request, at: nil) }
}

/// A limiter that answers at once, from memory.
package protocol ImmediateLimiter: Limiter {
    /// Judges a request at a time that the caller passes; never suspends.
    func judge(_ request: CheckRequest, at now: Timestamp) -> Decision
}

extension ImmediateLimiter {
    package func check(_ request: CheckRequest, at now: Timestamp?) async -> Decision {
        guard let now else { preconditionFailure("a limiter in memory has no clock: pass the time") }
        return judge(request, at: now)
    }
}
