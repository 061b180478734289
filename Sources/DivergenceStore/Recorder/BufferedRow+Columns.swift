import ParallaxCore

extension BufferedRow {
    /// Appends the values of a row in `divergence`, in the order of its insert.
    ///
    /// - Parameter identifier: What the identity's is stored as.
    func append(to values: inout StatementValues, instance: Int64, identifier: ExactText) {
        values.append(instance)
        values.append(comparison.time.milliseconds)
        values.append(comparison.identity.organization)
        values.append(identifier)
        values.append(comparison.cost)
        values.append(kind.rawValue)
        values.append(cause.rawValue)
        values.append(comparison.enforced.rawValue)
        values.append(Int64(bitPattern: comparison.policyFingerprint))
        append(comparison.control, to: &values)
        append(comparison.candidate, to: &values)
        append(comparison.evidence, to: &values)
    }

    private func append(_ observation: Observation, to values: inout StatementValues) {
        let decision = observation.decision
        if case .limited(let window) = decision.outcome {
            values.append(window)
        } else {
            values.appendNull()
        }
        values.append(CommaSeparated.encode(decision.windows.lazy.map { $0.used }))
        values.append(decision.retryAfterMilliseconds)
        values.append(decision.judgedAt?.milliseconds)
        values.append(observation.duration.wholeMicroseconds)
    }

    private func append(_ evidence: Evidence, to values: inout StatementValues) {
        append(evidence.ownUnits, unless: evidence.ownUnits.isEmpty, to: &values)
        values.append(evidence.clockOffsetMilliseconds)
        values.append(evidence.controlRemembersSince?.milliseconds)
        values.append(evidence.controlEvictedAt?.milliseconds)
        values.append(evidence.controlAlgorithm.rawValue)
        values.append(evidence.controlPolicyFingerprint.map { Int64(bitPattern: $0) })
        for units in [evidence.lostUnits, evidence.controlOnlyUnits, evidence.candidateOnlyUnits] {
            append(units, unless: units.allSatisfy { $0 == 0 }, to: &values)
        }
        values.append(evidence.hasSeenOthers ? 1 : 0)
        values.append(evidence.candidateAskedSince?.milliseconds)
        switch evidence.ownOutcome {
        case .limited(let window): values.append(window)
        case .allowed: values.append(ExactText.empty)
        case .unavailable, nil: values.appendNull()
        }
    }

    private func append(_ units: [Int], unless isNothing: Bool, to values: inout StatementValues) {
        if isNothing { values.appendNull() } else { values.append(CommaSeparated.encode(units)) }
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
