@testable import Settings
import Testing

@Suite struct ClientAddressTests {
    private let client = ClientAddress(trustedProxies: ["10.0.0.0/8", "fd00::/8"].map { CIDR($0)! })

    @Test(
        "the client is the rightmost address that is not a trusted proxy's",
        arguments: [
            // A stranger's headers say nothing.
            ("203.0.113.1", ["1.1.1.1"], "203.0.113.1"),
            ("10.0.0.1", [], "10.0.0.1"),
            ("10.0.0.1", ["203.0.113.7"], "203.0.113.7"),
            // What the client itself sent stands to the left of what the proxies appended.
            ("10.0.0.1", ["6.6.6.6, 203.0.113.7"], "203.0.113.7"),
            ("10.0.0.1", ["203.0.113.7, 10.0.0.9"], "203.0.113.7"),
            ("10.0.0.1", ["6.6.6.6", "203.0.113.7", "10.0.0.9,10.0.0.8"], "203.0.113.7"),
            ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
            ("::ffff:10.0.0.1", ["::ffff:203.0.113.7"], "203.0.113.7"),
            ("fd00::1", ["[2001:db8::7]:4711"], "2001:db8::7"), ("10.0.0.1", ["203.0.113.7:4711"], "203.0.113.7"),
            ("10.0.0.1", ["2001:db8::7"], "2001:db8::7"), ("10.0.0.1", ["[2001:db8::7]"], "2001:db8::7"),
            // Whatever is not an address ends the walk at the last one that was.
            ("10.0.0.1", ["unknown"], "10.0.0.1"), ("10.0.0.1", ["203.0.113.7, _hidden, 10.0.0.5"], "10.0.0.5"),
            ("10.0.0.1", ["203.0.113.7,"], "10.0.0.1"), ("10.0.0.1", [""], "10.0.0.1"),
            ("10.0.0.1", ["203.0.113.7:"], "10.0.0.1"), ("10.0.0.1", ["203.0.113.7:99999"], "10.0.0.1"),
            ("10.0.0.1", ["[2001:db8::7"], "10.0.0.1"), ("10.0.0.1", ["[2001:db8::7]x"], "10.0.0.1"),
            ("10.0.0.1", ["203.0.113.999"], "10.0.0.1"), ("10.0.0.1", ["203.0.113.7 10.0.0.2"], "10.0.0.1"),
            ("10.0.0.1", ["\t 203.0.113.7 \t"], "203.0.113.7"), ("10.0.0.1", ["fe80::1%eth0"], "10.0.0.1"),
        ] as [(String, [String], String)])
    func resolves(peer: String, forwardedFor: [String], expected: String) throws {
        let address = client.resolve(peer: try #require(IPAddress(peer)), forwardedFor: forwardedFor)
        #expect(address.description == expected)
    }

    @Test("no more entries are believed than proxies append")
    func boundsHops() throws {
        let client = ClientAddress(trustedProxies: [CIDR("10.0.0.0/8")!], maximumHops: 1)
        let peer = try #require(IPAddress("10.0.0.1"))
        #expect(client.resolve(peer: peer, forwardedFor: ["203.0.113.7, 10.1.2.3"]).description == "10.1.2.3")
        #expect(client.resolve(peer: peer, forwardedFor: ["6.6.6.6, 203.0.113.7"]).description == "203.0.113.7")
    }

    @Test("an endless chain of proxies is not walked to its end")
    func boundsTheWalk() throws {
        let chain = "203.0.113.7, " + Array(repeating: "10.0.0.2", count: 100_000).joined(separator: ",")
        let address = client.resolve(peer: try #require(IPAddress("10.0.0.1")), forwardedFor: [chain])
        #expect(address.description == "10.0.0.2")
    }
}
