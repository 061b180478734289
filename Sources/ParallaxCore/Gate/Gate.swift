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

    /// The sentences of the checks that do not pass: first those that forbid, then those that ask for patience.
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
