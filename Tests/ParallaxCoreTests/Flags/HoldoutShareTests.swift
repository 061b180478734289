import ParallaxCore
import Testing

@Suite struct HoldoutShareTests {
    /// Made with a second implementation in another language; they stand in the decision record on response times too.
    static let vectors: [(String, String, Double)] = [
        ("global", "user-1", 6.59), ("global", "user-2", 54.68), ("acme", "user-1", 44.86),
        ("global", "192.0.2.1", 16.17), ("a", "bc", 70.36), ("ab", "c", 99.73),
        ("caf\u{e9}", "\u{1f600}", 29.09), ("cafe\u{301}", "\u{1f600}", 1.98),
    ]

    @Test("an identity's place never changes", arguments: vectors)
    func place(organization: String, identifier: String, place: Double) throws {
        let identity = try Identity(organization: organization, identifier: identifier)
        #expect(HoldoutShare.place(of: identity) == place)
        #expect(!HoldoutShare.contains(identity, percent: place))
        #expect(HoldoutShare.contains(identity, percent: place + 0.01))
    }

    @Test("raising the share only adds identities")
    func monotone() throws {
        var before: Set<Identity> = []
        let identities = try (0..<2_000).map { try Identity(identifier: "user-\($0)") }
        for percent in [0, 0.5, 1, 10, 33.3, 50] {
            let now = Set(identities.filter { HoldoutShare.contains($0, percent: percent) })
            #expect(now.isSuperset(of: before))
            before = now
        }
        // Five standard deviations of a fair draw of half of them.
        #expect((888...1_112).contains(before.count))
    }

    @Test("the enforced share holds the same part of the held out as of all", arguments: [10.0, 50])
    func independent(percent: Double) throws {
        let count = 20_000
        let both = try (0..<count).count { number in
            let identity = try Identity(organization: "acme", identifier: "key-\(number)")
            return HoldoutShare.contains(identity, percent: percent)
                && EnforcementShare.contains(identity, percent: percent)
        }
        let share = percent * percent / 10_000
        let expected = Double(count) * share
        #expect(abs(Double(both) - expected) < 5 * (expected * (1 - share)).squareRoot())
    }

    @Test("no share and shares that are not numbers hold no identity", arguments: [0, -1, Double.nan])
    func nobody(percent: Double) throws {
        let identities = try (0..<1_000).map { try Identity(identifier: "\($0)") }
        #expect(!identities.contains { HoldoutShare.contains($0, percent: percent) })
    }
}
