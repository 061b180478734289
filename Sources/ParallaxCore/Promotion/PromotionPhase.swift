/// The phases that a migration is walked through, in this order. The raw values are typed, shown and stored: they never
/// change.
package enum PromotionPhase: String, CaseIterable, Sendable {
    case legacy
    /// Both judge, and control is enforced for all identities.
    case hybrid
    /// Both judge, and this share of identities gets the candidate's verdict.
    case share10 = "10"
    case share50 = "50"
    case share100 = "100"
    case distributedOnly = "distributed_only"

    /// The last phase that these flags have reached: a share of 30 % is beyond 10 and not yet at 50.
    package init(_ values: FlagValues) {
        self =
            switch values.strategy {
            case .legacy: .legacy
            case .distributedOnly: .distributedOnly
            case .hybrid:
                PromotionPhase.allCases.last { phase in
                    phase.enforcementPercent.map { $0 <= values.enforcementPercent } ?? false
                } ?? .hybrid
            }
    }

    /// The phase after this one; `nil` after the last.
    package var next: PromotionPhase? {
        let place = place + 1
        return place < PromotionPhase.allCases.count ? PromotionPhase.allCases[place] : nil
    }

    /// The share of identities given to the candidate; `nil` if not both judge.
    package var enforcementPercent: Double? {
        switch self {
        case .legacy, .distributedOnly: nil
        case .hybrid: 0
        case .share10: 10
        case .share50: 50
        case .share100: 100
        }
    }

    /// What brings the flags into this phase.
    package var update: FlagUpdate {
        switch self {
        // As a rollback does it, for every client of the file.
        case .legacy: .rollback
        case .distributedOnly: FlagUpdate(distributedEnabled: true, hybrid: false)
        case .hybrid, .share10, .share50, .share100:
            FlagUpdate(distributedEnabled: true, hybrid: true, enforcementPercent: enforcementPercent)
        }
    }

    /// From 0.
    var place: Int { PromotionPhase.allCases.firstIndex(of: self) ?? 0 }
}

extension PromotionPhase {
    /// When this phase began, as the flag history tells it; drills do not count, as they leave everything as it was.
    ///
    /// - Parameter changes: The newest change first.
    /// - Returns: `nil` if the history does not say so.
    package func began(in changes: [FlagChange]) -> Timestamp? {
        let changes = SoakPeriod.withoutDrills(changes)
        guard let newest = changes.first, PromotionPhase(newest.to) == self else { return nil }
        return changes.first { change in change.from.map { PromotionPhase($0) != self } ?? true }?.time
    }
}

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
