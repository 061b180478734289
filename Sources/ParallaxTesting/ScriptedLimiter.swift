package import ParallaxCore

/// A limiter that answers as a test says: at once, late, wrongly or never.
package struct ScriptedLimiter: Limiter {
    private let answer: @Sendable (CheckRequest) async -> Decision

    package init(_ answer: @escaping @Sendable (CheckRequest) async -> Decision) {
        self.answer = answer
    }

    package func check(_ request: CheckRequest, at now: Timestamp?) async -> Decision {
        await answer(request)
    }

    /// Cannot answer, for the given reason.
    package static func failing(_ reason: Unavailability) -> ScriptedLimiter {
        ScriptedLimiter { _ in .unavailable(reason) }
    }

    /// Never answers until its task is cancelled.
    package static let hanging = ScriptedLimiter { _ in
        let (stream, continuation) = AsyncStream.makeStream(of: Never.self)
        for await _ in stream {}
        continuation.finish()
        return .unavailable(.timedOut)
    }
}

/// A limiter in memory behind the asynchronous face of a distributed one: several instances can share it.
package struct SharedLimiter: Limiter {
    private let limiter: InMemoryLimiter
    private let clock: @Sendable () -> Timestamp

    package init(_ limiter: InMemoryLimiter = InMemoryLimiter(), clock: @escaping @Sendable () -> Timestamp) {
        self.limiter = limiter
        self.clock = clock
    }

    package func check(_ request: CheckRequest, at now: Timestamp?) async -> Decision {
        limiter.judge(request, at: now ?? clock())
    }
}
