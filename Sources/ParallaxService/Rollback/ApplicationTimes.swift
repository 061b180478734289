package import ParallaxCore

/// Takes in how long the callers of applications waited, as the applications report it.
package struct ApplicationTimes: Sendable {
    /// One caller's wait.
    struct Report: Equatable, Sendable {
        /// `nil` where the application does not say.
        var identity: Identity?
        var duration: Duration
    }

    /// What became of the reports.
    struct Receipt: Equatable, Encodable, Sendable {
        let counted: Int
        /// Those of the counted that belong to the hold-out.
        let heldOut: Int
        let strategy: String
    }

    private let observer: RollbackObserver
    private let metrics: DecisionMetrics
    private let strategy: @Sendable () -> Strategy
    private let holdoutPercent: Double

    /// - Parameter strategy: The strategy in force.
    package init(
        observer: RollbackObserver, metrics: DecisionMetrics, holdoutPercent: Double,
        strategy: @escaping @Sendable () -> Strategy
    ) {
        self.observer = observer
        self.metrics = metrics
        self.holdoutPercent = holdoutPercent
        self.strategy = strategy
    }

    /// Counts reports by the strategy in force, and in hybrid by whether the identity is held out. Those without an
    /// identity go by the strategy alone.
    func record(_ reports: [Report]) -> Receipt {
        let strategy = strategy()
        var heldOut = 0
        for report in reports {
            let isHeldOut =
                strategy == .hybrid
                && report.identity.map { HoldoutShare.contains($0, percent: holdoutPercent) } == true
            if isHeldOut { heldOut += 1 }
            observer.recordApplicationTime(report.duration, strategy: strategy, isHeldOut: isHeldOut)
            metrics.reported(report.duration, strategy: strategy)
        }
        return Receipt(counted: reports.count, heldOut: heldOut, strategy: strategy.rawValue)
    }
}
