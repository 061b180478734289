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
