/// One line of the gate: a figure, its bound, and what comes of it.
package struct GateCheck: Codable, Equatable, Sendable {
    /// What is checked. The raw values are shown and read by programs: they never change.
    package enum Name: String, Codable, CaseIterable, Sendable {
        case covered
        case compared
        case gaps
        case recorded
        case instances
        case answered
        case latency
        case unexplained
        case lostWrites = "lost_writes"
        case bugs
        case triggers
        case armed
        case drill

        /// Whether failing speaks against going on, rather than for looking longer.
        var forbids: Bool {
            switch self {
            case .answered, .latency, .unexplained, .lostWrites, .bugs, .triggers: true
            case .covered, .compared, .gaps, .recorded, .instances, .armed, .drill: false
            }
        }
    }

    package enum Outcome: String, Codable, Sendable {
        case pass
        case fail
        /// Does not pass, and forbids nothing: what is missing comes with time, or is to be done first.
        case notYet = "not_yet"
        case cannotTell = "cannot_tell"
    }

    package let name: Name
    package let outcome: Outcome
    /// The figure and the bound as people read them.
    package let figure: String
    package let bound: String
    /// Why it does not pass, and what to do, in a sentence; `nil` if it passes.
    package let reason: String?
}
