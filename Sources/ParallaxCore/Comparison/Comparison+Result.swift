extension Comparison.Result {
    /// Compares two decisions about one request; a divergence is `unexplained` until its cause is looked for.
    package init(control: Decision, candidate: Decision, tolerances: ComparisonTolerances) {
        switch (control.outcome, candidate.outcome) {
        case (_, .unavailable(let reason)), (.unavailable(let reason), _):
            self = .incomparable(reason)
        case (.allowed, .limited):
            self = .diverged(.newlyLimited, .unexplained)
        case (.limited, .allowed):
            self = .diverged(.newlyAllowed, .unexplained)
        case (.limited(let one), .limited(let other)):
            self = one == other ? .agreed : .diverged(.differentWindow, .unexplained)
        case (.allowed, .allowed):
            let isDrift = Self.drift(control, candidate) > tolerances.quotaDriftUnits
            self = isDrift ? .diverged(.quotaDrift, .unexplained) : .agreed
        }
    }

    /// The largest difference in `remaining` of any window that both decisions have.
    private static func drift(_ control: Decision, _ candidate: Decision) -> Int {
        zip(control.windows, candidate.windows).reduce(0) { largest, pair in
            max(largest, abs(pair.0.remaining - pair.1.remaining))
        }
    }
}
