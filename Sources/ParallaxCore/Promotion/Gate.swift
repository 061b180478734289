/// Whether to go on with the migration. The raw values are shown and read by programs: they never change.
package enum GateVerdict: String, Codable, CaseIterable, Sendable {
    case go
    /// Nothing speaks against it, but too little for it.
    case wait
    case noGo = "no_go"
}

/// The verdict over one period, with every check that it was reached from.
package struct Gate: Codable, Equatable, Sendable {
    package let verdict: GateVerdict
    /// Every check, in the order of ``GateCheck/Name``.
    package let checks: [GateCheck]

    /// The sentences of the checks that do not pass: first those that forbid, then those that ask to wait.
    package var reasons: [String] {
        let reasons =
            checks.filter(\.speaksAgainst).compactMap(\.reason)
            + checks.filter { !$0.speaksAgainst }.compactMap(\.reason)
        // One reason can be that of several checks.
        return reasons.enumerated().filter { reasons.firstIndex(of: $1) == $0 }.map(\.element)
    }

    /// Judges a period.
    ///
    /// - Parameter now: The time on the wall, for the age of the last drill.
    package init(_ inputs: GateInputs, settings: GateSettings = GateSettings(), now: Timestamp) {
        let judge = GateJudge(inputs: inputs, settings: settings, now: now)
        self.init(checks: GateCheck.Name.allCases.map(judge.check))
    }

    /// What follows from these checks.
    init(checks: [GateCheck]) {
        self.checks = checks
        verdict =
            if checks.contains(where: \.speaksAgainst) {
                .noGo
            } else if checks.contains(where: { $0.outcome != .pass }) {
                .wait
            } else {
                .go
            }
    }
}

extension Gate {
    private enum CodingKeys: String, CodingKey {
        case verdict, checks, reasons
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        verdict = try values.decode(GateVerdict.self, forKey: .verdict)
        checks = try values.decode([GateCheck].self, forKey: .checks)
    }

    package func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(verdict, forKey: .verdict)
        try values.encode(reasons, forKey: .reasons)
        try values.encode(checks, forKey: .checks)
    }
}

extension GateCheck {
    fileprivate var speaksAgainst: Bool { outcome == .fail }
}

extension Gate {
    /// The gate of one step forward: only what that step can be asked for.
    ///
    /// Into `hybrid` nothing was compared yet, and no verdict changes: every instance must be known, and the rollback
    /// evaluator must see nothing wrong and be able to see it. Every later step changes verdicts, and is asked for
    /// everything.
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

/// What the gate asks for before a migration goes on.
package struct GateSettings: Equatable, Sendable {
    /// Minutes that hold any record.
    package var minimumMinutes = 24 * 60
    package var minimumCompared = 10_000
    /// Divergences without a cause, in percent of what was compared; the share must be below.
    package var unexplainedPercent = 0.1
    /// Minutes between the first and the last in which no instance was up to record, in percent.
    package var gapPercent = 5.0
    /// Requests that were in no figure, in percent of all that both sides were asked about.
    package var droppedPercent = 1.0
    /// Requests that the candidate did not answer, in percent of all that both sides were asked about; in the soak
    /// period after the last promotion, answers that had no verdict, in percent of all.
    package var unansweredPercent = 1.0
    /// The least number of instances whose records must be there; 0 for those that share the flag file.
    package var minimumInstances = 0
    /// How long a drill of the rollback holds.
    package var drillDays = 30

    package init() {}
}
