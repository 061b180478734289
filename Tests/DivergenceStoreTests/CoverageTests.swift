import ParallaxCore
import Testing

@testable import DivergenceStore

@Suite struct CoverageTests {
    private func life(_ name: String, _ start: Int64, _ end: Int64) -> CoverageCounts.InstanceRun {
        .init(name: name, start: .sample.plus(minutes: start), end: .sample.plus(minutes: end))
    }

    private func makeCoverage(_ minutes: [Int64], _ runs: [CoverageCounts.InstanceRun]) -> ReportCoverage {
        var counts = CoverageCounts()
        for minute in minutes { counts.add(minute: .sample.plus(minutes: minute)) }
        counts.add(runs)
        return counts.makeCoverage()
    }

    @Test("minutes without a record are idle while an instance was up, and else a gap")
    func tellsIdleFromGap() {
        // b fills a part of a's absence, and overlaps a's second life.
        let coverage = makeCoverage([0, 1, 20, 30], [life("a", 0, 5), life("a", 15, 31), life("b", 10, 16)])
        #expect(coverage.minutes == 31)
        #expect(coverage.recordedMinutes == 4)
        // From 2 to 5, from 10 to 20, and from 21 to 30.
        #expect(coverage.idleMinutes == 3 + 10 + 9)
        #expect(coverage.gapMinutes == 5)
        #expect(coverage.gaps.map { ($0.from - .sample) / 60_000 } == [2, 21])
        #expect(coverage.gaps.map { ($0.to - .sample) / 60_000 } == [20, 30])
    }

    @Test("without gaps none are listed, and without records there is nothing")
    func noGaps() {
        let whole = makeCoverage([3, 1, 2], [life("a", 0, 5)])
        #expect((whole.minutes, whole.recordedMinutes, whole.idleMinutes, whole.gapMinutes) == (3, 3, 0, 0))
        #expect(whole.gaps.isEmpty)
        #expect(makeCoverage([], []) == ReportCoverage())
    }

    @Test("the longest gaps are listed, in the order of time")
    func listsLongest() {
        // Gaps of 1, 2 ... 30 minutes.
        let minutes = (0...30 as ClosedRange<Int64>).map { $0 * ($0 + 1) / 2 + $0 }
        let coverage = makeCoverage(minutes, [])
        #expect(coverage.gaps.count == ReportCoverage.maximumGaps)
        #expect(coverage.gaps.map { ($0.to - $0.from) / 60_000 } == Array(11...30))
        #expect(coverage.gapMinutes == 30 * 31 / 2)
    }

    @Test("an instance is listed with its starts, and with the time between its runs")
    func listsInstances() {
        let coverage = makeCoverage([0], [life("b", 8, 9), life("a", 10, 12), life("a", 0, 7), life("a", 12, 20)])
        #expect(coverage.instances.map(\.name) == ["a", "b"])
        let a = coverage.instances[0]
        #expect(a.starts == 3)
        #expect(a.from == .sample && a.to == .sample.plus(minutes: 20))
        #expect(a.downMilliseconds == 3 * 60_000)
    }
}
