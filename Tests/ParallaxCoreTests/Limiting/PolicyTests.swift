import ParallaxCore
import Testing

@Suite struct PolicyTests {
    private static let minute = Window(name: "minute", limit: 60, durationMilliseconds: 60_000)

    @Test("the standard policy has the four windows of the migration")
    func standard() {
        let windows = Policy.defaultValue.windows.map { "\($0.name) \($0.limit)/\($0.durationMilliseconds)" }
        #expect(windows == ["second 10/1000", "minute 60/60000", "hour 1000/3600000", "burst 20/10000"])
        #expect(Policy.defaultValue.smallestLimit == 10)
        #expect(Policy.defaultValue.longestDurationMilliseconds == 3_600_000)
    }

    @Test(
        "windows that make no policy are refused by name",
        arguments: [
            ([], PolicyError.noWindows),
            ([minute, minute], .repeatedName("minute")),
            ([Window(name: "", limit: 1, durationMilliseconds: 1)], .repeatedName("")),
            ([Window(name: "w", limit: 0, durationMilliseconds: 1)], .limitOutOfRange(window: "w", limit: 0)),
            (
                [Window(name: "w", limit: 1_000_001, durationMilliseconds: 1)],
                .limitOutOfRange(window: "w", limit: 1_000_001)
            ),
            ([Window(name: "w", limit: 1, durationMilliseconds: 0)], .durationOutOfRange(window: "w", milliseconds: 0)),
            (
                (0...16).map { Window(name: "w\($0)", limit: 1, durationMilliseconds: 1) },
                .tooManyWindows(17)
            ),
        ])
    func refused(_ windows: [Window], _ error: PolicyError) {
        #expect(throws: error) { try Policy(windows: windows) }
        #expect(!error.description.isEmpty)
    }

    @Test("the fingerprint tells policies apart and never changes between releases")
    func fingerprint() throws {
        let other = try Policy(windows: [Self.minute])
        #expect(Policy.defaultValue.fingerprint != other.fingerprint)
        #expect(other.fingerprint == 0x770d_f69e_f5d0_3f50)
    }

    @Test("an override holds only for its organization")
    func overrides() throws {
        let strict = try Policy(windows: [Self.minute])
        let book = PolicyBook(defaultValue: .defaultValue, overrides: ["acme": strict])
        #expect(book.policy(for: "acme") == strict)
        #expect(book.policy(for: "acme ") == .defaultValue)
        #expect(book.policy(for: "global") == .defaultValue)
        let accented = PolicyBook(defaultValue: .defaultValue, overrides: ["caf\u{e9}": strict])
        #expect(accented.policy(for: "caf\u{e9}") == strict)
        #expect(accented.policy(for: "cafe\u{301}") == .defaultValue)
    }

    @Test("a cost is from 0 to the smallest limit", arguments: [(-1, false), (0, true), (10, true), (11, false)])
    func cost(_ cost: Int, _ isAccepted: Bool) throws {
        let identity = try Identity(identifier: "a")
        if isAccepted {
            #expect(try CheckRequest(identity: identity, policy: .defaultValue, cost: cost).cost == cost)
        } else {
            #expect(throws: CostError(cost: cost, maximum: 10)) {
                try CheckRequest(identity: identity, policy: .defaultValue, cost: cost)
            }
        }
    }
}
