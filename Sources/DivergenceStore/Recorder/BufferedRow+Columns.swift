import GRDB
import ParallaxCore

extension BufferedRow {
    /// The values of a row in `divergence`, in the order of its insert.
    ///
    /// - Parameter identifier: What the identity's is stored as.
    func columns(instance: Int64, identifier: ExactText) -> [DatabaseValue] {
        var values: [DatabaseValue] = []
        values.reserveCapacity(31)
        values.append(instance.databaseValue)
        values.append(comparison.time.milliseconds.databaseValue)
        values.append(ExactText(comparison.identity.organization).databaseValue)
        values.append(identifier.databaseValue)
        values.append(comparison.cost.databaseValue)
        values.append(kind.rawValue.databaseValue)
        values.append(cause.rawValue.databaseValue)
        values.append(comparison.enforced.rawValue.databaseValue)
        values.append(Int64(bitPattern: comparison.policyFingerprint).databaseValue)
        append(comparison.control, to: &values)
        append(comparison.candidate, to: &values)
        append(comparison.evidence, to: &values)
        return values
    }

    private func append(_ observation: Observation, to values: inout [DatabaseValue]) {
        let decision = observation.decision
        if case .limited(let window) = decision.outcome {
            values.append(ExactText(window).databaseValue)
        } else {
            values.append(.null)
        }
        values.append(CommaSeparated.encode(decision.windows.lazy.map { $0.used }).databaseValue)
        values.append(decision.retryAfterMilliseconds.databaseValue)
        values.append(decision.judgedAt?.milliseconds.databaseValue ?? .null)
        values.append(observation.duration.wholeMicroseconds.databaseValue)
    }

    private func append(_ evidence: Evidence, to values: inout [DatabaseValue]) {
        values.append(evidence.ownUnits.isEmpty ? .null : CommaSeparated.encode(evidence.ownUnits).databaseValue)
        values.append(evidence.clockOffsetMilliseconds?.databaseValue ?? .null)
        values.append(evidence.controlRemembersSince?.milliseconds.databaseValue ?? .null)
        values.append(evidence.controlEvictedAt?.milliseconds.databaseValue ?? .null)
        values.append(evidence.controlAlgorithm.rawValue.databaseValue)
        values.append(evidence.controlPolicyFingerprint.map { Int64(bitPattern: $0).databaseValue } ?? .null)
        for units in [evidence.lostUnits, evidence.controlOnlyUnits, evidence.candidateOnlyUnits] {
            values.append(units.contains { $0 != 0 } ? CommaSeparated.encode(units).databaseValue : .null)
        }
        values.append(evidence.hasSeenOthers.databaseValue)
        values.append(evidence.candidateAskedSince?.milliseconds.databaseValue ?? .null)
        switch evidence.ownOutcome {
        case .limited(let window): values.append(ExactText(window).databaseValue)
        case .allowed: values.append(ExactText.empty.databaseValue)
        case .unavailable, nil: values.append(.null)
        }
    }
}

extension Comparison {
    /// The policy that control was held to.
    var controlPolicyFingerprint: UInt64 { evidence.controlPolicyFingerprint ?? policyFingerprint }
}

extension Duration {
    var wholeMicroseconds: Int64 {
        components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000
    }
}
