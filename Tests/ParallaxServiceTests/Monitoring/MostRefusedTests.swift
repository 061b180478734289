import AdminAPI
import ParallaxCore
import ParallaxTesting
import Testing

@testable import ParallaxService

@Suite struct MostRefusedTests {
    private func refuse(_ refused: MostRefused, _ organization: String, _ identifier: String, times: Int = 1) throws {
        let identity = try Identity(organization: organization, identifier: identifier)
        let request = try CheckRequest(identity: identity, policy: .defaultValue)
        let answer = Answer(
            identity: identity, time: .now, strategy: .hybrid, enforced: .control, isStandIn: false,
            decision: .limited(request, by: "minute", retryAfterMilliseconds: 1), duration: .zero)
        for _ in 0..<times { refused.answered(answer) }
    }

    @Test("an organization's most refused come first, and other organizations' never")
    func lists() throws {
        let refused = MostRefused()
        try refuse(refused, "a", "quiet", times: 2)
        try refuse(refused, "a", "loud", times: 9)
        try refuse(refused, "b", "other", times: 50)
        #expect(refused.top(of: "a", limit: 10).map(\.identifier) == ["loud", "quiet"])
        #expect(refused.top(of: "a", limit: 1).map(\.refusals) == [9])
        #expect(refused.top(of: "c", limit: 10).isEmpty)
        #expect(refused.top(of: "a", limit: 0).isEmpty)
    }

    @Test("only refusals count")
    func ignoresOthers() throws {
        let refused = MostRefused()
        let request = try CheckRequest(identity: Identity(identifier: "k"), policy: .defaultValue)
        for decision in [Decision.allowed(request), .unavailable(.timedOut)] {
            refused.answered(
                Answer(
                    identity: request.identity, time: .now, strategy: .hybrid, enforced: .control, isStandIn: false,
                    decision: decision, duration: .zero))
        }
        #expect(refused.top(of: "global", limit: 10).isEmpty)
    }

    @Test("invented organizations, refused once or twice each, do not push out one that is refused often")
    func withstandsInventedOrganizations() throws {
        let refused = MostRefused(maximumOrganizations: 8)
        try refuse(refused, "acme", "bad", times: 29)
        for number in 0..<300 { try refuse(refused, "invented-\(number)", "k", times: 2) }
        #expect(refused.top(of: "acme", limit: 1).map(\.refusals) == [29])
    }

    @Test("of organizations refused equally often the one refused longest ago gives way to a new one")
    func boundsOrganizations() throws {
        let refused = MostRefused(maximumOrganizations: 2)
        for organization in ["b", "a", "c"] { try refuse(refused, organization, "k") }
        #expect(refused.top(of: "a", limit: 1).map(\.refusals) == [1])
        #expect(refused.top(of: "b", limit: 1).isEmpty)
        #expect(refused.top(of: "c", limit: 1).map(\.refusals) == [1])
    }

    @Test("spellings of one name that Swift equates stay apart")
    func comparesBytes() throws {
        let refused = MostRefused()
        try refuse(refused, "\u{e9}", "k")
        #expect(refused.top(of: "e\u{301}", limit: 1).isEmpty)
        #expect(refused.top(of: "\u{e9}", limit: 1).count == 1)
    }

    @Test("an identity that was reset starts again")
    func resets() throws {
        let refused = MostRefused()
        try refuse(refused, "a", "k", times: 3)
        try refuse(refused, "a", "l")
        refused.reset(.identity(try Identity(organization: "a", identifier: "k")))
        #expect(refused.top(of: "a", limit: 10).map(\.identifier) == ["l"])
        try refuse(refused, "a", "k")
        #expect(refused.top(of: "a", limit: 10).map(\.refusals) == [1, 1])
    }

    @Test("counts are never too low, off by at most the overestimate, and frequent elements are never lost")
    func holdsTheBounds() {
        var random = SplitMix64(seed: 7)
        var sketch = SpaceSaving<Int>(capacity: 20)
        var exact: [Int: Int] = [:]
        let total = 20_000
        for _ in 0..<total {
            // A few loud ones among many that come once or twice.
            let element =
                Int.random(in: 0..<3, using: &random) == 0
                ? Int.random(in: 0..<5, using: &random) : Int.random(in: 100..<10_000, using: &random)
            sketch.count(element)
            exact[element, default: 0] += 1
        }
        let kept = sketch.top(20)
        for entry in kept {
            let count = exact[entry.element]!
            #expect(entry.count >= count && entry.count - entry.overestimate <= count)
            #expect(entry.overestimate <= total / 20)
        }
        let elements = Set(kept.map(\.element))
        for (element, count) in exact where count > total / 20 { #expect(elements.contains(element)) }
    }
}
