import ParallaxCore
import ParallaxTesting
import Testing

@testable import RedisLimiting

@Suite struct RedisKeyTests {
    private static let pieces = [
        ":", "{", "}", "%", " ", "\n", "\0", "é", "e\u{301}", "😀", "a", "%3A", "rate_limit:{", "*", "~",
    ]

    @Test("an ordinary identity's key can be read by a person")
    func readable() throws {
        let identity = try Identity(organization: "acme", identifier: "key-1.2_3~4")
        #expect(RedisKey.text(for: identity) == "rate_limit:{acme:key-1.2_3~4}")
    }

    @Test("reserved bytes are written as escapes")
    func escapes() throws {
        let identity = try Identity(organization: "a:b", identifier: "{é}")
        #expect(RedisKey.text(for: identity) == "rate_limit:{a%3Ab:%7B%C3%A9%7D}")
    }

    @Test("every identity is found again from its key, and no two share one", arguments: [1, 2, 3])
    func roundTrip(_ seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var identities: [String: Identity] = [:]
        for _ in 0..<2_000 {
            let identity = try Identity(organization: text(using: &random), identifier: text(using: &random))
            let key = RedisKey.text(for: identity)
            try #require(RedisKey.identity(fromKey: key) == identity)
            if let other = identities.updateValue(identity, forKey: key) {
                try #require(other == identity, "\(key) is the key of two identities")
            }
            try #require(key.utf8.allSatisfy { (0x21...0x7e).contains($0) })
            try #require(
                key.utf8.count { $0 == UInt8(ascii: "{") } == 1 && key.utf8.count { $0 == UInt8(ascii: "}") } == 1)
        }
    }

    @Test("strings that look the same but have other bytes have other keys")
    func canonicallyEquivalent() throws {
        let one = try Identity(identifier: "caf\u{e9}")
        let two = try Identity(identifier: "cafe\u{301}")
        #expect(!RedisKey.text(for: one).utf8.elementsEqual(RedisKey.text(for: two).utf8))
    }

    @Test(
        "what is not an identity's key is not taken for one",
        arguments: [
            "", "rate_limit:{a:b", "rate_limit:{a}", "rate_limit:{a:b:c}", "rate_limit:{a:}", "rate_limit:{a:%}",
            "rate_limit:{a:%ff}", "rate_limit:{a:%41}", "rate_limit:{a:b c}", "other:{a:b}", "rate_limit:{:b}",
            RedisKey.probe,
        ])
    func refusesOthers(_ key: String) {
        #expect(RedisKey.identity(fromKey: key) == nil)
    }

    private func text(using random: inout SplitMix64) -> String {
        (0..<Int.random(in: 1...3, using: &random)).map { _ in Self.pieces.randomElement(using: &random)! }.joined()
    }
}
