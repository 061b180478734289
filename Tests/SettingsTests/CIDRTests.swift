@testable import Settings
import Testing

@Suite struct CIDRTests {
    @Test(
        "a network holds the addresses that share its bits and no others",
        arguments: [
            ("10.0.0.0/8", "10.255.1.2", true), ("10.0.0.0/8", "11.0.0.0", false),
            ("10.0.0.0/8", "::ffff:10.1.1.1", true),
            ("192.0.2.7", "192.0.2.7", true), ("192.0.2.7/32", "192.0.2.8", false), ("0.0.0.0/0", "203.0.113.9", true),
            ("0.0.0.0/0", "2001:db8::1", false), ("::/0", "2001:db8::1", true), ("::/0", "203.0.113.9", false),
            ("fd00::/8", "fd12:3456::1", true), ("fd00::/8", "fe80::1", false),
            ("2001:db8::/33", "2001:db8:7fff::", true),
            ("2001:db8::/33", "2001:db8:8000::", false), ("::ffff:10.0.0.0/104", "10.9.9.9", true),
        ])
    func contains(network: String, address: String, expected: Bool) throws {
        let network = try #require(CIDR(network))
        #expect(network.contains(try #require(IPAddress(address))) == expected)
    }

    @Test(
        "a text that is not a network is refused",
        arguments: [
            "", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/8/8", "10.0.0.1/8",
            "10.0.0/8", "fd00::/129", "fd00::1/8", "10.0.0.0/ 8", "localhost", "::ffff:0.0.0.0/8", "10.0.0.0/0008",
            "10.0.0.1\u{0}", "fe80::1%eth0",
        ])
    func refusesWhatIsNone(text: String) {
        #expect(CIDR(text) == nil)
    }

    @Test(
        "an address is written in its usual form",
        arguments: [
            ("::ffff:192.0.2.1", "192.0.2.1"), ("2001:0DB8:0:0:0:0:0:1", "2001:db8::1"), ("::", "::"),
            ("255.255.255.255", "255.255.255.255"), ("::1", "::1"),
        ])
    func writesAddresses(text: String, expected: String) throws {
        #expect(try #require(IPAddress(text)).description == expected)
    }
}
