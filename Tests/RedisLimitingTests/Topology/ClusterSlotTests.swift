import ParallaxCore
import Testing

@testable import RedisLimiting

@Suite struct ClusterSlotTests {
    @Test("the checksum is the specification's")
    func checksum() {
        #expect(ClusterSlot.checksum("123456789".utf8) == 0x31C3)
        #expect(ClusterSlot.checksum("".utf8) == 0)
    }

    @Test(
        "what stands in the first braces decides on the slot, unless it is empty",
        arguments: [
            ("{user1000}.following", "user1000"), ("{user1000}.followers", "user1000"), ("foo{bar}{zap}", "bar"),
            ("foo{{bar}}zap", "{bar"), ("foo{}{bar}", "foo{}{bar}"), ("foo{bar", "foo{bar"), ("foo}bar{", "foo}bar{"),
            ("", ""), ("}{a}", "a"),
        ])
    func hashTag(_ key: String, _ hashed: String) {
        let expected = Int(ClusterSlot.checksum(hashed.utf8)) % 16384
        #expect(ClusterSlot(key: key.utf8).number == expected)
    }

    @Test("all of an identity decides on its slot, and nothing else does")
    func identity() throws {
        let identity = try Identity(organization: "a}b", identifier: "{c}")
        #expect(ClusterSlot(of: identity) == ClusterSlot(key: "a%7Db:%7Bc%7D".utf8))
        let other = try Identity(organization: "a}b", identifier: "{d}")
        #expect(ClusterSlot(of: identity) != ClusterSlot(of: other))
    }

    @Test("there are 16384 slots", arguments: [(-1, false), (0, true), (16383, true), (16384, false)])
    func bounds(_ number: Int, _ isSlot: Bool) {
        #expect((ClusterSlot(number: number) != nil) == isSlot)
    }
}
