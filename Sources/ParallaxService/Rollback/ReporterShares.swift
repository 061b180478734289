import Synchronization

/// Keeps one reporter of response times from outweighing all others.
///
/// Once others have sent enough to be judged by, no more of one's reports count than the others have sent within the window:
/// a reporter that is broken or hostile is at most half of what is judged. Of each as many count all the same as a verdict
/// needs, spread over what it sends, so that no one can silence another. One that reports by itself, such as the only
/// application of an instance, counts in full.
final class ReporterShares: Sendable {
    /// What came from one reporter within a window.
    private struct Tally {
        var offered = 0
        var counted = 0
        /// The part of the next report that counts whatever the others have sent.
        var credit = 0.0
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
    private let minimumSamples: Int
    private let state = Mutex(State())

    /// - Parameters:
    ///   - windowSeconds: How long reports stand against others; up to twice as long.
    ///   - minimumSamples: The fewest reports that a verdict is made of.
    init(windowSeconds: Int64, minimumSamples: Int) {
        self.windowSeconds = windowSeconds
        self.minimumSamples = minimumSamples
    }

    /// How many of some reports count.
    ///
    /// - Parameter second: The time on a monotonic clock, in seconds.
    func admit(_ offered: Int, from reporter: String, second: Int64) -> Int {
        state.withLock { state in
            state.rotate(second: second, windowSeconds: windowSeconds)
            let isKnown = state.current[reporter] != nil || state.current.count < Self.maximumReporters
            let key = isKnown ? reporter : ""
            var own = state.current[key] ?? Tally()
            let earlier = state.previous[key] ?? Tally()
            let others = state.offered + state.previouslyOffered - own.offered - earlier.offered
            own.offered += offered
            var counted = offered
            if others >= minimumSamples {
                let sent = max(own.offered + earlier.offered, minimumSamples)
                own.credit += Double(offered) * Double(minimumSamples) / Double(sent)
                counted = min(offered, max(others - own.counted - earlier.counted, Int(own.credit)))
                own.credit = max(0, own.credit - Double(counted))
            }
            own.counted += counted
            state.current[key] = own
            state.offered += offered
            return counted
        }
    }
}
