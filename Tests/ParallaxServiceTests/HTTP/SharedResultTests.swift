import Synchronization
import Testing

@testable import ParallaxService

@Suite(.timeLimit(.minutes(1))) struct SharedResultTests {
    @Test("all that ask while a result is being made share the next one")
    func shares() async {
        let (gates, open) = AsyncStream<Void>.makeStream()
        let (begun, begin) = AsyncStream<Int>.makeStream()
        let (asked, ask) = AsyncStream<Void>.makeStream()
        let made = Mutex(0)
        let shared = SharedResult(spacing: .zero) {
            let number = made.withLock { made in
                made += 1
                return made
            }
            begin.yield(number)
            for await _ in gates { break }
            return number
        }
        await withTaskGroup(of: Int.self) { tasks in
            tasks.addTask { await shared.value }
            for await _ in begun { break }
            for _ in 0..<100 { tasks.addTask { await shared.value { ask.yield() } } }
            var count = 0
            for await _ in asked {
                count += 1
                if count == 100 { break }
            }
            open.yield()
            open.yield()
            var results: [Int] = []
            for await result in tasks { results.append(result) }
            #expect(results.sorted() == [1] + Array(repeating: 2, count: 100))
        }
        #expect(made.withLock { $0 } == 2)
    }

    @Test("a result that is asked for later is made later")
    func makesAgain() async {
        let made = Mutex(0)
        let shared = SharedResult(spacing: .zero) {
            made.withLock { made in
                made += 1
                return made
            }
        }
        for number in 1...3 { #expect(await shared.value == number) }
    }
}

extension SharedResult {
    /// The value, with a note once it is certain which result is asked for.
    fileprivate func value(asking note: @Sendable () -> Void) async -> Value {
        note()
        return await value
    }
}
