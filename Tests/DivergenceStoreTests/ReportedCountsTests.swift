import GRDB
import ParallaxCore
import Testing

@testable import DivergenceStore

@Suite struct ReportedCountsTests {
    private static let identity = try! Identity(organization: "acme", identifier: "key")

    private static func report(
        _ isAllowed: Bool, model: Decision.Outcome, limitedBy: String? = nil, instance: String? = nil,
        isFinal: Bool = false
    ) -> ReportedControl {
        ReportedControl(
            ReportedVerdict(isAllowed: isAllowed, limitedBy: limitedBy, instance: instance, isFinal: isFinal),
            model: Observation.sample(model, at: .sample, used: 3).decision, windows: [], time: .sample)
    }

    private static func comparison(_ result: Comparison.Result, _ reported: ReportedControl?) -> Comparison {
        let sample = Comparison.sample(result)
        return Comparison(
            identity: sample.identity, cost: 1, time: sample.time, policyFingerprint: sample.policyFingerprint,
            control: sample.control, candidate: sample.candidate, enforced: .control, result: result,
            evidence: Evidence(), reported: reported)
    }

    @Test("reports are counted by verdict and model over flushes, by organization, also if Redis is never asked")
    func counts() async throws {
        try await withStore { store in
            let empty = try await store.report()
            #expect(empty.reported == nil && empty.summary.fidelity == nil)
            let recorder = Recorder.sample(store, instance: "i")
            for (organization, reports) in [
                (
                    "acme",
                    [
                        Self.report(true, model: .allowed),
                        Self.report(true, model: .limited(by: "minute"), isFinal: true),
                        Self.report(false, model: .limited(by: "minute")), Self.report(false, model: .allowed),
                    ]
                ), ("other", [Self.report(true, model: .allowed)]),
            ] {
                let request = try CheckRequest(
                    identity: Identity(organization: organization, identifier: "k"), policy: .defaultValue)
                for report in reports {
                    recorder.reported(report, on: request, at: .sample)
                    await recorder.flush()
                }
                recorder.ignoredReport(on: request, at: .sample)
            }
            await recorder.flush()
            let all = try await store.report()
            #expect(all.reported == ReportedCounts(columns: [5, 3, 2, 2, 1, 1, 2, 0, 0]))
            let acme = try await store.report(DivergenceFilter(organization: "acme"))
            #expect(acme.reported == ReportedCounts(columns: [4, 2, 2, 2, 1, 1, 1, 0, 0]))
            let fidelity = try #require(acme.summary.fidelity)
            #expect(fidelity.share == 0.5 && fidelity.refused.recall == 0.5 && fidelity.refused.precision == 0.5)
            try await store.prune(before: Timestamp.sample.plus(minutes: 1))
            let pruned = try await store.report()
            #expect(pruned.reported == nil)
        }
    }

    @Test("a comparison whose report holds too little is counted by the kind that was not compared")
    func uncompared() async throws {
        try await withStore { store in
            let recorder = Recorder.sample(store, instance: "i")
            recorder.compared(Self.comparison(.agreed, Self.report(true, model: .allowed)))
            recorder.compared(
                Self.comparison(
                    .diverged(.newlyLimited, .legacyBehaviour), Self.report(false, model: .allowed, limitedBy: "x")))
            recorder.compared(Self.comparison(.agreed, nil))
            await recorder.flush()
            let counts = try await store.report().reported
            #expect(counts == ReportedCounts(columns: [0, 0, 0, 0, 0, 0, 0, 1, 1]))
        }
    }

    @Test("a stored divergence shows both the report and the model, and none where nothing was reported")
    func shows() async throws {
        try await withStore { store in
            let recorder = Recorder.sample(store, instance: "i")
            recorder.compared(
                Self.comparison(
                    .diverged(.newlyAllowed, .legacyBehaviour),
                    Self.report(false, model: .allowed, limitedBy: "per_\u{1b}minute", instance: "app:7")))
            recorder.compared(
                Self.comparison(
                    .diverged(.newlyLimited, .legacyBehaviour), Self.report(true, model: .limited(by: "burst"))))
            recorder.compared(Self.comparison(.diverged(.newlyLimited, .boundary), nil))
            await recorder.flush()
            let stored = try await store.divergences(limit: 9).sorted { $0.id < $1.id }.map(\.reported)
            #expect(
                stored == [
                    .init(isAllowed: false, limitedBy: "per_\u{1b}minute", instance: "app:7", modelLimitedBy: nil),
                    .init(isAllowed: true, limitedBy: nil, instance: nil, modelLimitedBy: "burst"), nil,
                ])
        }
    }

    @Test("reports of batches that wait for the database are not lost, and their number is bounded")
    func merged() {
        let bounds = RecordBatch.Bounds(totals: 1, rows: 1)
        var batch = RecordBatch()
        var later = RecordBatch()
        let one = ReportedCounts(columns: [1, 1, 0, 0, 0, 0, 0, 0, 0])
        batch.add(one, of: ReportedKey(minute: .sample, organization: ExactText("a")), bounds: bounds)
        #expect(!batch.isEmpty)
        later.add(one, of: ReportedKey(minute: .sample, organization: ExactText("a")), bounds: bounds)
        batch.merge(later, bounds: bounds, otherwise: .bufferFull)
        for name in ["b", "c"] {
            batch.add(one, of: ReportedKey(minute: .sample, organization: ExactText(name)), bounds: bounds)
        }
        #expect(batch.reports.count == 2)
        #expect(batch.reports.values.map(\.compared).sorted() == [2, 2])
    }
}
