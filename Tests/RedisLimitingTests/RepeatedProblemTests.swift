import NIOCore
import Testing

@testable import RedisLimiting

@Suite struct RepeatedProblemTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)
    private var problem = RepeatedProblem<String>()

    @Test("a reason is said once, then counted and said after 10 s, 30 s and every minute")
    mutating func counts() {
        #expect(problem.occurred("refused", now: start) == .say(unsaid: 0))
        var lines: [Int64] = []
        for second in 1...200 as ClosedRange<Int64> {
            if problem.occurred("refused", now: start + .seconds(second)) != .none { lines.append(second) }
        }
        #expect(lines == [10, 30, 70, 130, 190])
    }

    @Test("a line says how often the problem occurred since the last one")
    mutating func saysHowOften() {
        _ = problem.occurred("refused", now: start)
        for _ in 0..<1000 { #expect(problem.occurred("refused", now: start) == .none) }
        #expect(problem.occurred("refused", now: start + .seconds(10)) == .say(unsaid: 1000))
    }

    @Test("a new reason is said at once, and one that was said before is not")
    mutating func newReason() {
        _ = problem.occurred("refused", now: start)
        #expect(problem.occurred("refused", now: start) == .none)
        #expect(problem.occurred("wrong password", now: start) == .say(unsaid: 1))
        #expect(problem.occurred("refused", now: start) == .none)
        #expect(problem.occurred("wrong password", now: start) == .none)
    }

    @Test("reasons that are always others are counted from the ninth on")
    mutating func manyReasons() {
        let lines = (0..<100).count { problem.occurred("reason \($0)", now: start) != .none }
        #expect(lines == 8)
    }

    @Test("the end is said with the occurrences, once")
    mutating func end() {
        for _ in 0..<3 { _ = problem.occurred("refused", now: start) }
        #expect(problem.ended() == .say(occurrences: 3))
        #expect(problem.ended() == .none)
    }

    @Test("a problem that comes and goes is said now and then, and a later one at once")
    mutating func flapping() {
        var lines = 0
        for millisecond in stride(from: 0, to: 60_000, by: 10) as StrideTo<Int64> {
            if problem.occurred("refused", now: start + .milliseconds(millisecond)) != .none { lines += 1 }
            if problem.ended() != .none { lines += 1 }
        }
        #expect(lines <= 12)
        #expect(problem.occurred("refused", now: start + .seconds(600)) == .say(unsaid: 0))
    }
}
