extension Gate {
    /// The gate of one step forward: only what that step can be asked for.
    ///
    /// Into `hybrid` nothing was compared yet, and no verdict changes: every instance must be known, and the watchdog must
    /// see nothing wrong and be able to see it. Every later step changes verdicts, and is asked for everything.
    ///
    /// - Parameter target: The phase that the step leads to.
    package func asked(for target: PromotionPhase) -> Gate {
        switch target {
        case .legacy: Gate(checks: [])
        case .hybrid: Gate(checks: checks.filter { [.instances, .triggers, .armed].contains($0.name) })
        case .share10, .share50, .share100, .distributedOnly: self
        }
    }

    /// The names of the checks that do not pass, in their order.
    package var failing: [GateCheck.Name] { checks.filter { $0.outcome != .pass }.map(\.name) }
}
