import Testing

@testable import ParallaxCore

@Suite struct UnansweredRunTests {
    private func run(_ seconds: [(Int64, AlertCounts)]) -> UnansweredRun {
        var run = UnansweredRun()
        for (second, counts) in seconds { run.add(counts, at: .second(second)) }
        return run
    }

    private let failed = AlertCounts(allowed: 0, limited: 0, unavailable: 1, connectionFailures: 0)
    private let refused = AlertCounts(allowed: 0, limited: 1, unavailable: 3, connectionFailures: 0)

    @Test("five in a row count, however far apart, and four do not")
    func five() {
        #expect(run((0..<4).map { ($0, failed) }).length(at: .second(4)) == nil)
        #expect(run((0..<5).map { ($0, failed) }).length(at: .second(5)) == 5)
        #expect(run((0..<6).map { ($0 * 50, failed) }).length(at: .second(251)) == 6)
    }

    @Test("one verdict, a refusal too, ends the run")
    func verdict() {
        let run = run((0..<20).map { ($0, failed) } + [(20, refused)] + (21..<25).map { ($0, failed) })
        #expect(run.length(at: .second(25)) == nil)
    }

    @Test("a minute after the latest answer nothing is known, and seconds without answers change nothing")
    func age() {
        let run = run((0..<9).map { ($0, failed) } + [(30, AlertCounts())])
        #expect(run.length(at: .second(68)) == 9)
        #expect(run.length(at: .second(69)) == nil)
    }
}
