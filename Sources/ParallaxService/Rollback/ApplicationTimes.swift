import NIOCore
package import ParallaxCore
package import Settings
import Synchronization

/// Takes in how long the callers of applications waited, as the applications report it.
package struct ApplicationTimes: Sendable {
    /// One caller's wait.
    struct Report: Equatable, Sendable {
        /// `nil` if the application does not say.
        var identity: Identity?
        var duration: Duration
    }

    /// How many of the reports were counted, and why others were not.
    struct Receipt: Equatable, Encodable, Sendable {
        let counted: Int
        /// Those that are in the metrics and not in a verdict, since their reporter has sent more than all others.
        let ignored: Int
        /// Those of the counted that belong to the hold-out; `nil` if strangers can report: who is held out is a
        /// secret.
        let heldOut: Int?
        let strategy: String
    }

    private let observer: RollbackObserver
    private let metrics: DecisionMetrics
    private let strategy: @Sendable () -> Strategy
    private let holdoutPercent: Double
    private let shares: ReporterShares
    /// What reporters must send; `nil` if anyone can report.
    let token: Replaceable<BearerToken>?
    /// The time on a monotonic clock, in seconds.
    private let second: @Sendable () -> Int64

    /// - Parameters:
    ///   - token: What reporters must send; `nil` if anyone can report.
    ///   - windowSeconds: The window within which no reporter may outweigh the others.
    ///   - minimumSamples: The fewest reports that a verdict is made of.
    ///   - strategy: The strategy in force.
    ///   - second: The time on a monotonic clock, in seconds.
    package init(
        observer: RollbackObserver, metrics: DecisionMetrics, holdoutPercent: Double, token: BearerToken? = nil,
        windowSeconds: Int = RollbackSettings().errorWindowSeconds,
        minimumSamples: Int = RollbackSettings().responseTimeMinimum, strategy: @escaping @Sendable () -> Strategy,
        second: @escaping @Sendable () -> Int64 = { Int64(NIODeadline.now().uptimeNanoseconds / 1_000_000_000) }
    ) {
        self.observer = observer
        self.metrics = metrics
        self.holdoutPercent = holdoutPercent
        self.token = token.map { Replaceable($0) }
        shares = ReporterShares(windowSeconds: Int64(windowSeconds), minimumSamples: minimumSamples)
        self.strategy = strategy
        self.second = second
    }

    /// Counts reports by the strategy in force, and in hybrid by whether the identity is held out. Those without an
    /// identity go only by the strategy.
    ///
    /// - Parameter reporter: Who sent them, such as an address.
    func record(_ reports: [Report], from reporter: String) -> Receipt {
        let strategy = strategy()
        let counted = shares.admit(reports.count, from: reporter, second: second())
        var heldOut = 0
        for (index, report) in reports.enumerated() {
            metrics.reported(report.duration, strategy: strategy)
            guard index < counted else { continue }
            let isHeldOut =
                strategy == .hybrid
                && report.identity.map { IdentityShare.heldOut.contains($0, percent: holdoutPercent) } == true
            if isHeldOut { heldOut += 1 }
            observer.recordApplicationTime(report.duration, strategy: strategy, isHeldOut: isHeldOut)
        }
        return Receipt(
            counted: counted, ignored: reports.count - counted, heldOut: token == nil ? nil : heldOut,
            strategy: strategy.rawValue)
    }
}

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
