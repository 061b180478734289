/// What it means to ask for a phase, from where the flags are.
package enum PromotionStep: Equatable, Sendable {
    /// The flags say so already.
    case none
    /// Towards `legacy`: always allowed.
    case back
    /// The next phase: the gate is asked.
    case forward
    /// Beyond the next phase, which is this one.
    case tooFar(next: PromotionPhase)

    package init(from values: FlagValues, to target: PromotionPhase) {
        let phase = PromotionPhase(values)
        if target.update.applied(to: values) == values {
            self = .none
        } else if target.place <= phase.place {
            self = .back
        } else if let next = phase.next, next != target {
            self = .tooFar(next: next)
        } else {
            self = .forward
        }
    }
}
