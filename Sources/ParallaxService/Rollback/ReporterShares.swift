import Synchronization

/// Keeps one reporter of response times from outweighing all others.
///
/// While several report, no more of one's reports count than the others have sent within the window: a reporter that is
/// broken or hostile is at most half of what is judged. One that reports by itself, such as the only application of an
/// instance, counts in full.
final class ReporterShares: Sendable {
    /// What came from one reporter within a window.
    private struct Tally {
        var offered = 0
        var counted = 0
    }

    private struct State {
        var began: Int64 = 0
        var current: [String: Tally] = [:]
        var previous: [String: Tally] = [:]
        var offered = 0
        var previouslyOffered = 0

        mutating func rotate(second: Int64, windowSeconds: Int64) {
            let age = second - began
            guard age >= windowSeconds else { return }
            (previous, previouslyOffered) = age < 2 * windowSeconds ? (current, offered) : ([:], 0)
            (current, offered, began) = ([:], 0, second)
        }
    }

    /// The most reporters that are told apart; those beyond count as one.
    private static let maximumReporters = 1_024

    private let windowSeconds: Int64
    private let state = Mutex(State())

    /// - Parameter windowSeconds: How long reports stand against others; up to twice as long.
    init(windowSeconds: Int64) {
        self.windowSeconds = windowSeconds
    }

    /// How many of some reports count.
    ///
    /// - Parameter second: The time on a clock that never steps, in seconds.
    func admit(_ offered: Int, from reporter: String, second: Int64) -> Int {
        state.withLock { state in
            state.rotate(second: second, windowSeconds: windowSeconds)
            let isKnown = state.current[reporter] != nil || state.current.count < Self.maximumReporters
            let key = isKnown ? reporter : ""
            var own = state.current[key] ?? Tally()
            let earlier = state.previous[key] ?? Tally()
            let others = state.offered + state.previouslyOffered - own.offered - earlier.offered
            let counted = others == 0 ? offered : max(0, min(offered, others - own.counted - earlier.counted))
            own.offered += offered
            own.counted += counted
            state.current[key] = own
            state.offered += offered
            return counted
        }
    }
}
