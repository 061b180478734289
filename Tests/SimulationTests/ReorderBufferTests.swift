import ParallaxCore
import Testing

@testable import Simulation

@Suite struct ReorderBufferTests {
    /// What comes out of a buffer that is emptied after every insertion: names with the times they are judged at.
    private func order(_ input: [(String, Int64)], window: Int64) -> (output: [String], tally: ReorderTally) {
        var buffer = ReorderBuffer<String>(windowMilliseconds: window)
        var output: [String] = []
        for (name, time) in input {
            buffer.insert(name, at: Timestamp(milliseconds: time))
            while let next = buffer.next() { output.append("\(next.element)@\(next.time.milliseconds)") }
        }
        while let next = buffer.last() { output.append("\(next.element)@\(next.time.milliseconds)") }
        return (output, buffer.tally)
    }

    @Test("what comes in order stays in order, whatever the window", arguments: [0, 1, 10, 1000] as [Int64])
    func inOrder(window: Int64) {
        let result = order([("a", 1), ("b", 1), ("c", 5), ("d", 5), ("e", 100)], window: window)
        #expect(result.output == ["a@1", "b@1", "c@5", "d@5", "e@100"])
        #expect(result.tally == ReorderTally())
    }

    @Test("what steps back within the window is put in order, and ties stay in the order in which they came")
    func putInOrder() {
        let result = order([("a", 10), ("b", 20), ("c", 10), ("d", 15), ("e", 20), ("f", 10)], window: 10)
        #expect(result.output == ["a@10", "c@10", "f@10", "d@15", "b@20", "e@20"])
        #expect(result.tally == ReorderTally(putInOrder: 3, tooLate: 0))
    }

    @Test("what is older than the window is judged at the latest time seen, after what was seen before it")
    func tooLate() {
        let result = order([("a", 100), ("b", 89), ("c", 90), ("d", 0)], window: 10)
        #expect(result.output == ["c@90", "a@100", "b@100", "d@100"])
        #expect(result.tally == ReorderTally(putInOrder: 1, tooLate: 2))
    }

    @Test("without a window nothing is held back and every step back is too late")
    func noWindow() {
        var buffer = ReorderBuffer<Int>(windowMilliseconds: 0)
        for time in [5, 3, 9, 8] as [Int64] {
            buffer.insert(Int(time), at: Timestamp(milliseconds: time))
            #expect(buffer.next()?.element == Int(time))
            #expect(buffer.count == 0)
        }
        #expect(buffer.tally == ReorderTally(putInOrder: 0, tooLate: 2))
    }

    @Test("no more is held back than came within the window")
    func bounded() {
        var buffer = ReorderBuffer<Int>(windowMilliseconds: 100)
        var random = SplitMix64(seed: 1)
        var longest = 0
        for time in 0..<100_000 {
            buffer.insert(time, at: Timestamp(milliseconds: Int64(max(0, time - random.integer(in: 0...50)))))
            while buffer.next() != nil {}
            longest = max(longest, buffer.count)
        }
        #expect(longest <= 151)
    }

    @Test(
        "random steps back come out sorted by time and then by their place in the log",
        arguments: 1...20 as ClosedRange<UInt64>)
    func sorted(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let times = (0..<2000).map { Int64($0 * 3 - random.integer(in: 0...60)) }
        let result = order(times.enumerated().map { ("\($0.offset)", $0.element) }, window: 1_000_000)
        let expected = times.enumerated().sorted { ($0.element, $0.offset) < ($1.element, $1.offset) }
        #expect(result.output == expected.map { "\($0.offset)@\($0.element)" })
        #expect(result.tally.tooLate == 0)
    }
}
