import ParallaxCore
import Synchronization
import Testing

@testable import ParallaxService

@Suite struct RecentAnswersTests {
    private static func key(_ name: String, cost: Int = 1) -> RecentAnswers.Key {
        try! RecentAnswers.Key(identity: Identity(identifier: "k"), cost: cost, requestID: name)
    }

    private static func answer() -> Answer {
        let request = try! CheckRequest(identity: Identity(identifier: "k"), policy: .defaultValue)
        return Answer(
            identity: request.identity, time: .now, strategy: .hybrid, enforced: .control, isStandIn: false,
            decision: .allowed(request), duration: .zero)
    }

    private let start = ContinuousClock.now

    @Test("an answer is repeated for ten seconds from the first request, and not after", arguments: [9_999, 10_000])
    func lifetime(_ milliseconds: Int) async {
        let answers = RecentAnswers()
        var judged = 0
        for instant in [start, start + .milliseconds(milliseconds)] {
            _ = await answers.answer(to: Self.key("a"), at: instant) {
                judged += 1
                return Self.answer()
            }
        }
        #expect(judged == (milliseconds < 10_000 ? 1 : 2))
    }

    @Test("the answer to a look is not given to a request of the same name that spends units")
    func otherCost() async {
        let answers = RecentAnswers()
        var judged = 0
        for cost in [0, 5, 0] {
            _ = await answers.answer(to: Self.key("a", cost: cost), at: start) {
                judged += 1
                return Self.answer()
            }
        }
        #expect(judged == 2)
    }

    @Test("a request that is sent again while the first is judged waits for its answer")
    func waits() async {
        let answers = RecentAnswers(maximumEntries: 1, shardCount: 1)
        let start = start
        let (begun, begin) = AsyncStream.makeStream(of: Void.self)
        let (released, release) = AsyncStream.makeStream(of: Void.self)
        async let first = answers.answer(to: Self.key("a"), at: start) {
            begin.finish()
            for await _ in released {}
            return Self.answer()
        }
        for await _ in begun {}
        async let second = answers.answer(to: Self.key("a"), at: start) {
            Issue.record("judged twice")
            return Self.answer()
        }
        // Others push out what has been answered, and not what is being judged.
        for place in 0..<3 {
            _ = await answers.answer(to: Self.key("other-\(place)"), at: start) { Self.answer() }
        }
        release.finish()
        #expect(await first.isRepeated == false)
        #expect(await second.isRepeated == true)
    }

    @Test("the table is bounded: the oldest answers go first")
    func bounded() async {
        let answers = RecentAnswers(maximumEntries: 2, shardCount: 1)
        for place in 0..<5 { _ = await answers.answer(to: Self.key("\(place)"), at: start) { Self.answer() } }
        #expect(await answers.answer(to: Self.key("4"), at: start) { Self.answer() }.isRepeated)
        #expect(await !answers.answer(to: Self.key("0"), at: start) { Self.answer() }.isRepeated)
    }
}
