import ParallaxCore

/// The latest rollback that all who share a flag file know of, in a line for a terminal.
struct LatchText {
    let latch: RollbackLatch?

    /// Empty where there was none.
    var text: String {
        guard let latch, let firing = latch.firing else { return "" }
        let word =
            latch.acknowledgement.map {
                "acknowledged \(Figures.time($0.time)) UTC by \($0.by.escapedForTerminal)"
            } ?? "not acknowledged"
        return "rollback  \(firing.trigger.rawValue) at \(Figures.time(firing.time)) UTC, \(word)"
    }
}
