import ParallaxCore

/// Requests that came with their caller's own verdict, and what the model that follows those said.
package struct ReportedCounts: Codable, Equatable, Sendable {
    /// Those that the model judged, and those of them in which it gave the reported verdict.
    package var compared = 0
    package var agreed = 0
    /// Refusals: by the report, by the model, by both.
    package var reportedLimited = 0
    package var modelLimited = 0
    package var bothLimited = 0
    /// Those on which the caller had acted already.
    package var final = 0
    /// Those in `distributed_only`, which are in no other count.
    package var ignored = 0
    /// Comparisons whose report held too little to compare these kinds.
    package var uncomparedDifferentWindow = 0
    package var uncomparedQuotaDrift = 0

    package init() {}

    init(_ report: ReportedControl) {
        let (isLimited, modelLimits) = (!report.verdict.isAllowed, !report.model.isAllowed)
        compared = 1
        agreed = report.modelAgrees ? 1 : 0
        reportedLimited = isLimited ? 1 : 0
        modelLimited = modelLimits ? 1 : 0
        bothLimited = isLimited && modelLimits ? 1 : 0
        final = report.verdict.isFinal ? 1 : 0
    }

    /// What could not be compared; `nil` if there is no report, or it holds enough.
    init?(uncompared comparison: Comparison) {
        switch comparison.reported?.uncomparedKind(with: comparison.candidate.decision) {
        case .differentWindow: uncomparedDifferentWindow = 1
        case .quotaDrift: uncomparedQuotaDrift = 1
        case .newlyLimited, .newlyAllowed, nil: return nil
        }
    }

    static let ignored: ReportedCounts = {
        var counts = ReportedCounts()
        counts.ignored = 1
        return counts
    }()

    /// The counts in the order of their columns.
    var columns: [Int] {
        [
            compared, agreed, reportedLimited, modelLimited, bothLimited, final, ignored, uncomparedDifferentWindow,
            uncomparedQuotaDrift,
        ]
    }

    static let columnNames = [
        "compared", "agreed", "reported_limited", "model_limited", "both_limited", "final", "ignored",
        "uncompared_different_window", "uncompared_quota_drift",
    ]

    /// - Parameter columns: The counts in the order of their columns.
    init(columns: [Int]) {
        compared = columns[0]
        agreed = columns[1]
        reportedLimited = columns[2]
        modelLimited = columns[3]
        bothLimited = columns[4]
        final = columns[5]
        ignored = columns[6]
        uncomparedDifferentWindow = columns[7]
        uncomparedQuotaDrift = columns[8]
    }

    static func + (left: ReportedCounts, right: ReportedCounts) -> ReportedCounts {
        ReportedCounts(columns: zip(left.columns, right.columns).map { $0 + $1 })
    }

    static func += (left: inout ReportedCounts, right: ReportedCounts) {
        left = left + right
    }
}

extension ReportedCounts {
    /// How well the model follows the application's limiter: three shares, each `nil` if there is nothing to divide by.
    package struct Fidelity: Encodable, Equatable, Sendable {
        package struct Refused: Encodable, Equatable, Sendable {
            package let reported: Int
            package let modelled: Int
            package let both: Int
            /// The share of the reported refusals that the model refused too.
            package let recall: Double?
            /// The share of the modelled refusals that were reported.
            package let precision: Double?
        }

        package let compared: Int
        package let agreed: Int
        package let share: Double?
        package let refused: Refused
    }

    package var fidelity: Fidelity {
        Fidelity(
            compared: compared, agreed: agreed, share: Self.share(agreed, of: compared),
            refused: .init(
                reported: reportedLimited, modelled: modelLimited, both: bothLimited,
                recall: Self.share(bothLimited, of: reportedLimited),
                precision: Self.share(bothLimited, of: modelLimited)))
    }

    private static func share(_ count: Int, of all: Int) -> Double? { all == 0 ? nil : Double(count) / Double(all) }

    /// The counts in sentences.
    package var sentences: [String] {
        func of(_ count: Int, _ all: Int) -> String {
            "\(NumberFormat.count(count)) of \(NumberFormat.count(all))"
                + (all == 0 ? "" : " (\(NumberFormat.share(count, of: all)))")
        }
        var sentences = [
            "\(NumberFormat.counted(compared, "request")) had a verdict of the application's own limiter; the model that "
                + "follows them said the same in \(of(agreed, compared))",
            "refusals: the model refused \(of(bothLimited, reportedLimited)) that were reported, and "
                + "\(of(bothLimited, modelLimited)) that it refused were reported",
        ]
        if final > 0 { sentences.append("final, so that nothing could be enforced: \(of(final, compared))") }
        if ignored > 0 { sentences.append("ignored in distributed_only: \(NumberFormat.count(ignored))") }
        if uncomparedDifferentWindow + uncomparedQuotaDrift > 0 {
            sentences.append(
                "not compared, as the report held too little: different_window in "
                    + "\(NumberFormat.count(uncomparedDifferentWindow)) requests, quota_drift in "
                    + "\(NumberFormat.count(uncomparedQuotaDrift))")
        }
        return sentences
    }
}
