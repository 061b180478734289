/// A limiter's answer to one request.
package struct Decision: Equatable, Sendable {
    package enum Outcome: Equatable, Sendable {
        /// The units were accepted and logged.
        case allowed
        /// The units were refused: this window has the longest wait.
        case limited(by: String)
        /// The limiter could not answer.
        case unavailable(Unavailability)
    }

    package let outcome: Outcome
    /// The state of every window of the policy, in its order, after the decision; empty if unavailable.
    package let windows: [WindowState]
    /// The smallest wait in milliseconds after which the same request would be accepted if nothing else were;
    /// 0 if it was allowed or the limiter could not answer.
    package let retryAfterMilliseconds: Int64
    /// The instant of the limiter's own clock at which it judged; `nil` if unavailable.
    package let judgedAt: Timestamp?
    /// How far the newest unit was ahead of that instant, in milliseconds: 0 unless the limiter's clock stepped back or
    /// decisions overtook each other. Up to ``Clocks/stepMilliseconds`` it judged at the newest unit; else the units
    /// ahead were moved to that instant.
    package let stepBackMilliseconds: Int64

    package init(
        outcome: Outcome, windows: [WindowState], retryAfterMilliseconds: Int64, judgedAt: Timestamp?,
        stepBackMilliseconds: Int64 = 0
    ) {
        self.outcome = outcome
        self.windows = windows
        self.retryAfterMilliseconds = retryAfterMilliseconds
        self.judgedAt = judgedAt
        self.stepBackMilliseconds = stepBackMilliseconds
    }

    package static func unavailable(_ reason: Unavailability) -> Decision {
        Decision(outcome: .unavailable(reason), windows: [], retryAfterMilliseconds: 0, judgedAt: nil)
    }

    package var isAllowed: Bool { outcome == .allowed }

    /// The window that limited the request; `nil` if it was allowed or the limiter could not answer.
    package var limitingWindow: WindowState? {
        guard case .limited(let name) = outcome else { return nil }
        return windows.first { $0.window.name == name }
    }

    /// The window a caller should be told about: the one that limited, else the one with the least remaining.
    package var mostRelevantWindow: WindowState? {
        limitingWindow ?? windows.min { $0.remaining < $1.remaining }
    }
}

/// One window as a decision left it.
package struct WindowState: Equatable, Sendable {
    package let window: Window
    /// Units in the window after the decision. More than the limit if the limit was lowered.
    package let used: Int
    /// The earliest instant at which `remaining` grows; the time of the decision if nothing is used.
    package let reset: Timestamp

    package init(window: Window, used: Int, reset: Timestamp) {
        self.window = window
        self.used = used
        self.reset = reset
    }

    /// Units left, never below 0.
    package var remaining: Int { max(0, window.limit - used) }
}

/// Why a limiter could not answer. The raw values are stored and shown: they never change.
package enum Unavailability: String, CaseIterable, Error, Sendable {
    /// No answer within the decision's deadline.
    case timedOut = "timed_out"
    /// The connection could not be made, or broke.
    case disconnected
    /// The circuit breaker is open: Redis failed a moment ago and was not asked.
    case circuitOpen = "circuit_open"
    /// Too much work was in flight already; Redis was not asked.
    case skipped
    /// Redis is loading its data, or a replica has lost its primary.
    case loading
    /// Redis refuses writes: a replica, or out of memory under `noeviction`.
    case readOnly = "read_only"
    /// The cluster does not serve the identity's slot.
    case clusterDown = "cluster_down"
    /// Redis refused the credentials or the right to run the script.
    case unauthorized
    /// Redis answered something else than a decision.
    case error

    /// Whether this is Redis being away, rather than Redis or the script answering wrongly.
    ///
    /// The two feed different rollback triggers. A failure belongs to exactly one of them.
    package var isOutage: Bool {
        switch self {
        case .timedOut, .disconnected, .circuitOpen, .loading, .readOnly, .clusterDown, .unauthorized: true
        case .skipped, .error: false
        }
    }
}
