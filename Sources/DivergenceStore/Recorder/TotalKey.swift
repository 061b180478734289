import ParallaxCore

/// What one row of totals counts.
struct TotalKey: Hashable, Sendable {
    /// The outcome of a request in hybrid.
    enum Outcome: Hashable, Sendable {
        case agreed
        case diverged(DivergenceKind, DivergenceCause)
        case incomparable(Unavailability)
        /// Only control was asked: the identity is held out.
        case heldOut
    }

    var minute: Timestamp
    /// Empty for all organizations beyond a bound together.
    var organization: ExactText
    let outcome: Outcome

    /// The same minute and outcome, for all organizations beyond a bound together.
    var folded: TotalKey {
        var key = self
        key.organization = .empty
        return key
    }
}

extension TotalKey.Outcome {
    init(_ result: Comparison.Result) {
        self =
            switch result {
            case .agreed: .agreed
            case .diverged(let kind, let cause): .diverged(kind, cause)
            case .incomparable(let reason): .incomparable(reason)
            }
    }

    /// The three columns `outcome`, `detail` and `cause`.
    var columns: (outcome: OutcomeName, detail: String, cause: String) {
        switch self {
        case .agreed: (.agreed, "", "")
        case .diverged(let kind, let cause): (.diverged, kind.rawValue, cause.rawValue)
        case .incomparable(let reason): (.incomparable, reason.rawValue, "")
        case .heldOut: (.heldOut, "", "")
        }
    }
}

/// The names of outcomes in the database: they never change.
enum OutcomeName: String, Sendable {
    case agreed
    case diverged
    case incomparable
    case heldOut = "held_out"
}
