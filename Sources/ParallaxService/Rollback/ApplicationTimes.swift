package import Settings
import NIOCore
package import ParallaxCore

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
