import ParallaxCore
import Testing

@Suite struct WaitingCallersTests {
    @Test("a waiting caller is listed with the time waited so far, and gone with the answer")
    func ages() throws {
        let callers = WaitingCallers()
        let first = callers.enter(since: .seconds(100))
        let second = callers.enter(since: .seconds(160))
        let ages = callers.ages(at: .seconds(161))
        #expect(ages.samples.count == 2)
        #expect(abs(try #require(ages.samples.quantile(1)) / .seconds(61) - 1) < 0.05)
        #expect(abs(try #require(ages.samples.quantile(0.5)) / .seconds(1) - 1) < 0.05)
        callers.leave(first)
        #expect(callers.ages(at: .seconds(162)).samples.count == 1)
        callers.leave(second)
        #expect(callers.ages(at: .seconds(162)) == WaitingCallers.Ages())
    }

    @Test("a caller who finds no place is counted all the same, and a place that was left is taken again")
    func full() {
        let callers = WaitingCallers()
        let places = (0..<4_096).map { _ in callers.enter(since: .zero) }
        #expect(callers.ages(at: .seconds(1)).samples.count == 4_096)
        let late = callers.enter(since: .zero)
        #expect(callers.ages(at: .seconds(1)).untracked == 1)
        callers.leave(late)
        for place in places { callers.leave(place) }
        #expect(callers.ages(at: .seconds(1)) == WaitingCallers.Ages())
        for _ in 0..<4_096 { callers.leave(callers.enter(since: .zero)) }
        #expect(callers.enter(since: .zero) != callers.enter(since: .zero))
        #expect(callers.ages(at: .seconds(1)).untracked == 0)
    }

    @Test("callers on many threads leave nothing behind")
    func threads() async {
        let callers = WaitingCallers()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for number in 0..<500 {
                        await callers.waiting(since: .milliseconds(number)) {
                            if number % 50 == 0 { await Task.yield() }
                        }
                    }
                }
            }
        }
        #expect(callers.ages(at: .seconds(1)) == WaitingCallers.Ages())
    }
}
