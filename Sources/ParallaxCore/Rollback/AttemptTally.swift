/// How often the candidate was asked, and how it failed.
package struct AttemptTally: Equatable, SecondTally {
    /// Decisions, allowed or limited.
    package var decided = 0
    /// Failures of a Redis that was there, and answered wrongly.
    package var errors = 0
    /// Failures of a Redis that was away.
    package var outages = 0

    package init() {}

    package init(decided: Int = 0, errors: Int = 0, outages: Int = 0) {
        self.decided = decided
        self.errors = errors
        self.outages = outages
    }

    /// Counts one decision of the candidate. One that was skipped was never attempted, and counts nowhere.
    package mutating func count(_ outcome: Decision.Outcome) {
        switch outcome {
        case .allowed, .limited: decided += 1
        case .unavailable(.skipped): break
        case .unavailable(let reason) where reason.isOutage: outages += 1
        case .unavailable: errors += 1
        }
    }

    /// The same failures, all of them taken as errors.
    package var withOutagesAsErrors: AttemptTally {
        AttemptTally(decided: decided, errors: errors + outages, outages: 0)
    }

    package mutating func add(_ other: AttemptTally) {
        decided += other.decided
        errors += other.errors
        outages += other.outages
    }

    package mutating func subtract(_ other: AttemptTally) {
        decided -= other.decided
        errors -= other.errors
        outages -= other.outages
    }
}
