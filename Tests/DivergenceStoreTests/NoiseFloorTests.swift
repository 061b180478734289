import ParallaxCore
import Testing

@testable import DivergenceStore

@Suite struct NoiseFloorTests {
    private static func comparison(agreed: Bool?) -> Comparison {
        let sample = Comparison.sample(.agreed)
        return Comparison(
            identity: sample.identity, cost: 1, time: sample.time, policyFingerprint: sample.policyFingerprint,
            control: sample.control, candidate: sample.candidate, enforced: .control, result: .agreed,
            evidence: Evidence(), secondControlAgreed: agreed)
    }

    @Test("what second controls made of the same requests is summed over flushes and databases, and is nil without any")
    func summed() async throws {
        try await withStore { store in
            #expect(try await store.report().noise == nil)
            let recorder = Recorder.sample(store, instance: "i")
            for agreed in [true, true, false, nil] as [Bool?] {
                recorder.compared(Self.comparison(agreed: agreed))
                await recorder.flush()
            }
            let report = try await store.report()
            #expect(report.noise == NoiseFloor(compared: 3, diverged: 1))
            #expect(report.compared == 4)
            #expect(try await store.report(DivergenceFilter(until: .sample)).noise == nil)
        }
    }

    @Test("noise of batches that wait for the database is not lost")
    func merged() {
        var batch = RecordBatch()
        batch.add(NoiseFloor(compared: 2, diverged: 1), in: .sample)
        var later = RecordBatch()
        later.add(NoiseFloor(compared: 3, diverged: 0), in: .sample)
        batch.merge(later, bounds: RecordBatch.Bounds(totals: 1, rows: 1), otherwise: .bufferFull)
        #expect(batch.noise == [.sample: NoiseFloor(compared: 5, diverged: 1)])
    }
}
