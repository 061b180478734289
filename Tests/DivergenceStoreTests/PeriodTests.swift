import Foundation
import ParallaxCore
import Testing

@testable import DivergenceStore

@Suite struct PeriodTests {
    @Test("the period before is counted apart, and what is more than chance is marked")
    func comparesPeriods() async throws {
        try await withStore { store in
            let recorder = Recorder.sample(store)
            func record(_ result: Comparison.Result, _ count: Int, at minute: Int64) {
                for _ in 0..<count { recorder.compared(.sample(result, at: .sample.plus(minutes: minute))) }
            }
            record(.agreed, 900, at: 0)
            record(.diverged(.newlyLimited, .boundary), 60, at: 0)
            record(.diverged(.newlyAllowed, .restart), 40, at: 4)
            record(.agreed, 400, at: 5)
            record(.diverged(.newlyLimited, .boundary), 90, at: 6)
            record(.diverged(.newlyLimited, .unexplained), 10, at: 9)
            await recorder.flush()
            let filter = DivergenceFilter(since: .sample.plus(minutes: 5))
            let report = try await DivergenceStore.report(
                of: [store], filter, comparedWith: .sample..<(.sample.plus(minutes: 5)))
            let previous = try #require(report.previous)
            #expect((report.compared, previous.compared, previous.diverged) == (500, 1_000, 100))
            #expect(previous.kinds == ["newly_limited": 60, "newly_allowed": 40])
            #expect(
                report.changes.map(\.name) == ["newly_limited", "newly_allowed", "boundary", "restart", "unexplained"])
            #expect(report.changes.map(\.isClear) == [true, true, true, true, true])
            #expect(report.changes[0].before == ShareEstimate(60, of: 1_000))
            #expect(report.changes[0].after == ShareEstimate(100, of: 500))
            #expect(report.changes[4].before.count == 0 && report.changes[4].after.count == 10)
        }
    }

    @Test("a change within chance is not marked, and without a period before there is none")
    func chance() {
        var report = DivergenceReport()
        report.compared = 1_000
        report.kinds = ["newly_limited": 50]
        #expect(report.changes.isEmpty)
        report.previous = ReportPeriod(
            since: .sample, until: .sample.plus(minutes: 1), compared: 1_000, diverged: 45,
            kinds: ["newly_limited": 45], causes: [:])
        #expect(report.changes.map(\.isClear) == [false])
    }
}
