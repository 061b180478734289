/// How often the modelled control gives the verdict that the real limiter gave: of all requests, of the reported refusals
/// and of the modelled ones. In calm traffic a wrong model gets nearly all requests right and few of the refusals.
package struct Fidelity: Codable, Equatable, Sendable {
    package struct Refusals: Codable, Equatable, Sendable {
        package let reported: Int
        package let modelled: Int
        package let both: Int
        /// Of the reported refusals, the share that the model refuses too; `nil` without any.
        package let recall: Double?
        /// 95 % between the bounds; `nil` with fewer than 20 callers that were refused.
        package let recallLower: Double?
        package let recallUpper: Double?
        /// Of the model's refusals, the share that was reported refused too; `nil` without any.
        package let precision: Double?
        package let precisionLower: Double?
        package let precisionUpper: Double?
        /// Identities with a reported refusal.
        package let callers: Int
    }

    /// Requests with a reported verdict, those of a young model and the late ones included.
    package let compared: Int
    /// Same verdict, without those left out; the share is of the same.
    package let agreed: Int
    package let share: Double?
    /// 95 % between the bounds; `nil` with fewer than 20 identities: not known.
    package let lower: Double?
    package let upper: Double?
    package let refused: Refusals
    /// Identities with requests that the share is of.
    package let identities: Int
    /// Left out: the model was too young, or the request only looked.
    package let warming: Int
    /// Left out: reported too late.
    package let late: Int
    /// Identities whose reports no single process can have given.
    package let severalProcesses: Int

    /// Sums up the counts of identities, one element for each.
    package init(_ identities: some Sequence<FidelityCounts>) {
        var total = FidelityCounts()
        var (all, recall, precision) = (ClusteredShare(), ClusteredShare(), ClusteredShare())
        var exceeding = 0
        for counts in identities {
            total += counts
            all.add(counts.agreed, of: counts.settled)
            recall.add(counts.both, of: counts.reported)
            precision.add(counts.both, of: counts.modelled)
            if counts.exceeding > 0 { exceeding += 1 }
        }
        (compared, agreed, warming, late) = (total.compared, total.agreed, total.warming, total.late)
        (share, lower, upper) = (all.share, all.interval?.lowerBound, all.interval?.upperBound)
        refused = Refusals(
            reported: total.reported, modelled: total.modelled, both: total.both, recall: recall.share,
            recallLower: recall.interval?.lowerBound, recallUpper: recall.interval?.upperBound,
            precision: precision.share, precisionLower: precision.interval?.lowerBound,
            precisionUpper: precision.interval?.upperBound, callers: recall.identities)
        self.identities = all.identities
        severalProcesses = exceeding
    }
}

// MARK: Judgement
extension Fidelity {
    /// Whether decisions can rest on the model.
    package enum Judgement: Equatable, Sendable {
        case pass
        /// Too low: what, in sentences.
        case fail([String])
        /// Not known, and why.
        case unknown(Unknown)
    }

    /// Why fidelity is not known. The raw values are shown and read by programs: they never change.
    package enum Unknown: String, Codable, CaseIterable, Sendable {
        case severalProcesses = "several_processes"
        case acceptancesOnly = "acceptances_only"
        case tooFewIdentities = "too_few_identities"
        case tooFewRefusals = "too_few_refusals"
    }

    package static let minimumShare = 0.99
    /// Of recall and of precision.
    package static let minimumRefusalShare = 0.95
    package static let minimumRefusals = 200
    /// The model may refuse so often without any reported refusal before it means something.
    static let unreportedRefusals = 20

    /// Judges by the lower bounds.
    ///
    /// - Parameter acceptsFewRefusals: Whether too few refusals to know do not matter.
    package func judgement(acceptsFewRefusals: Bool = false) -> Judgement {
        if let reason = unknown, !(acceptsFewRefusals && reason == .tooFewRefusals) { return .unknown(reason) }
        var faults = [Self.fault("agreement", lower, Self.minimumShare)]
        if unknown == nil {
            faults += [
                Self.fault("recall of refusals", refused.recallLower, Self.minimumRefusalShare),
                Self.fault("precision of refusals", refused.precisionLower, Self.minimumRefusalShare),
            ]
        }
        let found = faults.compactMap(\.self)
        return found.isEmpty ? .pass : .fail(found)
    }

    /// Why it is not known; `nil` if it is.
    package var unknown: Unknown? {
        // One identity's false reports say nothing about the others.
        if severalProcesses > 0, severalProcesses * Self.callersOfOneProcess >= refused.callers {
            return .severalProcesses
        }
        if refused.reported == 0, refused.modelled > Self.unreportedRefusals { return .acceptancesOnly }
        if identities < ClusteredShare.minimumIdentities { return .tooFewIdentities }
        if refused.reported < Self.minimumRefusals || refused.callers < ClusteredShare.minimumIdentities {
            return .tooFewRefusals
        }
        return nil
    }

    private static let callersOfOneProcess = 20

    /// What the finding says and what to do, in a sentence.
    package func sentence(for unknown: Unknown) -> String {
        switch unknown {
        case .severalProcesses:
            """
            several processes report as one (\(severalProcesses) callers had more units accepted than one process accepts): \
            send "instance", or set the limits that the processes have
            """
        case .acceptancesOnly:
            """
            the model refuses \(refused.modelled) times and no report ever did: the application reports only what its limiter \
            has allowed; ask before it refuses
            """
        case .tooFewIdentities:
            "too few callers to know: \(identities) of \(ClusteredShare.minimumIdentities)"
        case .tooFewRefusals:
            """
            too few refusals to know: \(refused.reported) of \(Self.minimumRefusals), of \(refused.callers) of \
            \(ClusteredShare.minimumIdentities) callers
            """
        }
    }

    private static func fault(_ name: String, _ lower: Double?, _ minimum: Double) -> String? {
        guard let lower else { return "\(name) is not known: the model refuses too few callers" }
        guard lower < minimum else { return nil }
        return
            "\(name) is at least \(NumberFormat.share(percent: 100 * lower)), and must be at least \(NumberFormat.share(percent: 100 * minimum))"
    }
}
