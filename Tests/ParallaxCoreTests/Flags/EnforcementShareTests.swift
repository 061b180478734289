import ParallaxCore
import Testing

@Suite struct EnforcementShareTests {
    /// Made with a second implementation in another language; they stand in the decision record on flags too.
    static let vectors: [(String, String, Double)] = [
        ("global", "user-1", 32.48), ("global", "user-2", 7.60), ("acme", "user-1", 16.60),
        ("global", "192.0.2.1", 15.73), ("a", "bc", 51.74), ("ab", "c", 82.49),
        ("caf\u{e9}", "\u{1f600}", 87.32), ("cafe\u{301}", "\u{1f600}", 36.41),
    ]

    @Test("an identity's place never changes", arguments: vectors)
    func place(organization: String, identifier: String, place: Double) throws {
        let identity = try Identity(organization: organization, identifier: identifier)
        #expect(EnforcementShare.place(of: identity) == place)
        #expect(!EnforcementShare.contains(identity, percent: place))
        #expect(EnforcementShare.contains(identity, percent: place + 0.01))
    }

    @Test("raising the share only adds identities")
    func monotone() throws {
        var before: Set<Identity> = []
        let identities = try (0..<2000).map { try Identity(identifier: "user-\($0)") }
        for percent in [0, 0.5, 1, 10, 33.3, 50, 99.99, 100] {
            let now = Set(identities.filter { EnforcementShare.contains($0, percent: percent) })
            #expect(now.isSuperset(of: before))
            before = now
        }
        #expect(before.count == identities.count)
    }

    @Test("a share holds about as many identities as it says", arguments: [1.0, 10, 50, 90])
    func proportional(percent: Double) throws {
        let count = 20_000
        for organization in ["global", "acme"] {
            let held = try (0..<count).count { number in
                EnforcementShare.contains(
                    try Identity(organization: organization, identifier: "10.0.\(number / 256).\(number % 256)"),
                    percent: percent)
            }
            let expected = Double(count) * percent / 100
            // Five standard deviations of a fair draw.
            #expect(abs(Double(held) - expected) < 5 * (expected * (1 - percent / 100)).squareRoot())
        }
    }

    @Test("no share and shares that are no number hold nobody", arguments: [0, -1, Double.nan])
    func nobody(percent: Double) throws {
        let identities = try (0..<1000).map { try Identity(identifier: "\($0)") }
        #expect(!identities.contains { EnforcementShare.contains($0, percent: percent) })
    }
}
