import CommandSupport
import ParallaxCore

/// The latest rollback that all who share a flag file know of, in a line for a terminal.
struct LatchText {
    let latch: RollbackLatch?
    /// For how long a rollback holds off; `nil` if those settings are invalid.
    let settings: RollbackSettings?
    let now: Timestamp

    /// Empty if there was none.
    var text: String {
        guard let latch, let firing = latch.firing else { return "" }
        let word =
            latch.acknowledgement.map {
                "acknowledged \($0.time.text) UTC by \($0.by.escapedForTerminal)"
            } ?? "not acknowledged"
        let line = "rollback  \(firing.trigger.rawValue) at \(firing.time.text) UTC, \(word)"
        if latch.isLatched {
            let reach = latch.hold == nil ? "" : "; it is not in the file, and holds an instance at legacy"
            return line + reach + "; no automatic rollback until then"
        }
        guard let settings, case .holdingOff(let end) = latch.state(at: now, settings: settings) else { return line }
        return line + "; no automatic rollback until \(end.text) UTC"
    }
}
