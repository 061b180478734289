import ParallaxCore
import ParallaxTesting
import Testing

/// Places that would move change which callers a migration enforces and holds out: the vectors were made with a second
/// implementation in another language, and stand in the decision records too.
@Suite struct IdentityShareTests {
    static let enforced: [(String, String, Double)] = [
        ("global", "user-1", 32.48), ("global", "user-2", 7.60), ("acme", "user-1", 16.60),
        ("global", "192.0.2.1", 15.73), ("a", "bc", 51.74), ("ab", "c", 82.49),
        ("caf\u{e9}", "\u{1f600}", 87.32), ("cafe\u{301}", "\u{1f600}", 36.41),
    ]

    static let heldOut: [(String, String, Double)] = [
        ("global", "user-1", 6.59), ("global", "user-2", 54.68), ("acme", "user-1", 44.86),
        ("global", "192.0.2.1", 16.17), ("a", "bc", 70.36), ("ab", "c", 99.73),
        ("caf\u{e9}", "\u{1f600}", 29.09), ("cafe\u{301}", "\u{1f600}", 1.98),
    ]

    @Test("an identity's place among the enforced never changes", arguments: enforced)
    func enforcedPlace(organization: String, identifier: String, place: Double) throws {
        try Self.expect(IdentityShare.enforced, organization, identifier, place)
    }

    @Test("an identity's place among the held out never changes", arguments: heldOut)
    func heldOutPlace(organization: String, identifier: String, place: Double) throws {
        try Self.expect(IdentityShare.heldOut, organization, identifier, place)
    }

    private static func expect(
        _ share: IdentityShare, _ organization: String, _ identifier: String, _ place: Double
    ) throws {
        let identity = try Identity(organization: organization, identifier: identifier)
        #expect(share.place(of: identity) == place)
        #expect(!share.contains(identity, percent: place))
        #expect(share.contains(identity, percent: place + 0.01))
    }

    @Test("the enforced share holds the same part of the held out as of all", arguments: [10.0, 50])
    func independent(percent: Double) throws {
        let count = 20_000
        let both = try (0..<count).count { number in
            let identity = try Identity(organization: "acme", identifier: "key-\(number)")
            return IdentityShare.heldOut.contains(identity, percent: percent)
                && IdentityShare.enforced.contains(identity, percent: percent)
        }
        let share = percent * percent / 10_000
        let expected = Double(count) * share
        #expect(abs(Double(both) - expected) < 5 * (expected * (1 - share)).squareRoot())
    }

    @Test(
        "raising the share only adds identities, whatever they are and however small the step",
        arguments: 1...20 as ClosedRange<UInt64>)
    func monotone(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let identities = try (0..<400).map { _ in try Self.identity(&random) }
        // Whole shares, hundredths, and numbers that lie just next to either.
        var shares = [0, 0.01, 1, 50, 99.99, 100]
        for _ in 0..<60 {
            let hundredths = Double(UInt64.random(in: 0...10_000, using: &random)) / 100
            shares += [
                hundredths, hundredths.nextUp, max(0, hundredths.nextDown), .random(in: 0...100, using: &random),
            ]
        }
        var before: Set<Identity> = []
        for percent in shares.sorted() {
            let now = Set(identities.filter { IdentityShare.enforced.contains($0, percent: percent) })
            #expect(now.isSuperset(of: before), "\(percent)")
            before = now
        }
        #expect(before == Set(identities), "all are in at 100")
    }

    @Test("an identity is in from its own place on, and never leaves", arguments: 1...20 as ClosedRange<UInt64>)
    func threshold(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        for _ in 0..<200 {
            let identity = try Self.identity(&random)
            let place = IdentityShare.enforced.place(of: identity)
            #expect((0..<100).contains(place))
            let percent = Double.random(in: 0...100, using: &random)
            #expect(IdentityShare.enforced.contains(identity, percent: percent) == (percent >= 100 || place < percent))
        }
    }

    /// An identity of any bytes that make text, alike or far apart.
    private static func identity(_ random: inout SplitMix64) throws -> Identity {
        let alphabet: [String] = ["a", "b", "0", "1", ":", "/", "%", "\u{e9}", "e\u{301}", "\u{1f600}", " ", "{", "}"]
        func text() -> String {
            (0..<Int.random(in: 1...12, using: &random)).map { _ in alphabet.randomElement(using: &random) ?? "a" }
                .joined()
        }
        return try Identity(organization: text(), identifier: text())
    }

    @Test("a share holds about as many identities as it says", arguments: [1.0, 10, 50, 90])
    func proportional(percent: Double) throws {
        let count = 20_000
        for organization in ["global", "acme"] {
            let held = try (0..<count).count { number in
                IdentityShare.enforced.contains(
                    try Identity(organization: organization, identifier: "10.0.\(number / 256).\(number % 256)"),
                    percent: percent)
            }
            let expected = Double(count) * percent / 100
            // Five standard deviations of a fair draw.
            #expect(abs(Double(held) - expected) < 5 * (expected * (1 - percent / 100)).squareRoot())
        }
    }

    @Test("no share and shares that are not numbers hold no identity", arguments: [0, -1, Double.nan])
    func noIdentity(percent: Double) throws {
        let identities = try (0..<1000).map { try Identity(identifier: "\($0)") }
        #expect(!identities.contains { IdentityShare.enforced.contains($0, percent: percent) })
    }
}
