@testable import Settings
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import ParallaxCore
import Testing

@testable import ParallaxService

@Suite struct ForwardAuthControllerTests {
    private static let organization = HTTPField.Name("X-Organization-Id")!

    /// Asks once, from a peer, and gives the answer and the identity that was judged.
    private func ask(
        _ headers: HTTPFields, peer: String? = "10.0.0.1", method: HTTPRequest.Method = .get,
        uri: String = "/v1/forward-auth", organizationHeader: HTTPField.Name? = organization,
        metrics: HTTPMetrics = HTTPMetrics(), policies: PolicyBook = PolicyBook(defaultValue: .defaultValue)
    ) async throws -> (response: TestResponse, identity: Identity?) {
        let service = ScriptedService(
            policies: policies,
            identification: CallerIdentification(
                addresses: ClientAddress(trustedProxies: [CIDR("10.0.0.0/8")!]), organizationHeader: organizationHeader),
            http: metrics)
        nonisolated(unsafe) var response: TestResponse?
        try await ScriptedContext.$scriptedPeer.withValue(peer.flatMap { IPAddress($0) }) {
            try await service.run { response = try await $0.execute(uri: uri, method: method, headers: headers) }
        }
        return (try #require(response), service.judge.requests.first?.identity)
    }

    @Test("the API key is the identifier, and without one the client's address is")
    func picksTheIdentifier() async throws {
        let withKey = try await ask([.apiKey: "secret-1", .forwardedFor: "203.0.113.7"])
        #expect(withKey.identity?.identifier == "secret-1")
        let without = try await ask([.forwardedFor: "6.6.6.6, 203.0.113.7"])
        #expect(without.identity?.identifier == "203.0.113.7")
        #expect(without.identity?.organization == "global")
        #expect(try await ask([.forwardedFor: "6.6.6.6"], peer: "198.51.100.1").identity?.identifier == "198.51.100.1")
    }

    @Test("the organization is believed from a trusted proxy only, and only in the header that a setting names")
    func trustsProxiesOnly() async throws {
        let headers: HTTPFields = [Self.organization: "acme", .apiKey: "k"]
        #expect(try await ask(headers).identity?.organization == "acme")
        #expect(try await ask(headers, peer: "198.51.100.1").identity?.organization == "global")
        #expect(try await ask(headers, peer: nil).identity?.organization == "global")
        #expect(try await ask(headers, organizationHeader: nil).identity?.organization == "global")
        #expect(try await ask(headers, organizationHeader: .init("X-Tenant")!).identity?.organization == "global")
    }

    @Test("all addresses of one IPv6 network have one budget, and an IPv4 address has its own")
    func limitsNetworks() async throws {
        for (address, identifier) in [
            ("2001:db8:1:2::1", "2001:db8:1:2::/64"), ("2001:db8:1:2:ffff::7", "2001:db8:1:2::/64"),
            ("2001:db8:1:3::1", "2001:db8:1:3::/64"), ("203.0.113.7", "203.0.113.7"),
            ("64:ff9b::203.0.113.7", "203.0.113.7"), ("2002:cb00:7107:1::1", "2002:cb00:7107::/48"),
        ] {
            #expect(try await ask([.forwardedFor: address]).identity?.identifier == identifier)
        }
    }

    @Test("what could have a caller judged as another one is counted by its kind")
    func countsAttempts() async throws {
        let metrics = HTTPMetrics()
        let policies = PolicyBook(defaultValue: .defaultValue, overrides: ["acme": .defaultValue])
        let stranger = "198.51.100.1"
        _ = try await ask([.forwardedFor: "1.1.1.1", Self.organization: "acme"], peer: stranger, metrics: metrics)
        _ = try await ask([Self.organization: "acme"], metrics: metrics, policies: policies)
        _ = try await ask([Self.organization: "made-up"], metrics: metrics, policies: policies)
        _ = try await ask([.apiKey: "1.1.1.1"], metrics: metrics)
        _ = try await ask([.apiKey: "\u{fffd}", .notUTF8: "?1"], metrics: metrics)
        var text = PrometheusText()
        metrics.write(to: &text, connections: nil)
        let samples = try ParsedMetrics(text.text).samples.filter { $0.key.contains("bypass") && $0.value > 0 }
        #expect(
            samples
                == Dictionary(
                    uniqueKeysWithValues: [
                        "untrusted_forwarding", "untrusted_organization", "unconfigured_organization", "key_is_address",
                        "ambiguous_header",
                    ].map { ("parallax_bypass_attempts_total{kind=\"\($0)\"}", 1) }))
    }

    @Test(
        "a key that reads as an address is refused, so that no caller spends another's budget",
        arguments: [
            "203.0.113.7", "2001:db8::7", "::ffff:203.0.113.7", "2001:DB8:0::7", "2001:db8:1:2::/64", "2001:db8::7/64",
            "203.0.113.0/24",
        ])
    func keepsKeysFromAddresses(key: String) async throws {
        let (response, identity) = try await ask([.apiKey: key])
        #expect(response.status == .badRequest)
        #expect(try response.errorCode == "key_is_address")
        #expect(identity == nil)
    }

    @Test("an empty, overlong or repeated key is refused")
    func refusesKeys() async throws {
        #expect(try await ask([.apiKey: ""]).response.errorCode == "empty_identifier")
        let long = String(repeating: "k", count: 257)
        #expect(try await ask([.apiKey: long]).response.errorCode == "identifier_too_long")
        var twice = HTTPFields()
        twice.append(HTTPField(name: .apiKey, value: "a"))
        twice.append(HTTPField(name: .apiKey, value: "b"))
        #expect(try await ask(twice).response.errorCode == "repeated_header")
        #expect(try await ask([:], peer: nil).response.errorCode == "unknown_client")
    }

    @Test("an answer that lets the request pass has the headers of a check's, and no body to be dropped unread")
    func answersAsACheckDoes() async throws {
        let response = try await ask([.apiKey: "k"]).response
        #expect(response.status == .ok)
        #expect(response.headers[.rateLimitRemaining] == "9")
        #expect(response.headers[.rateLimitBackend] == "memory-legacy")
        #expect(response.body.readableBytes == 0 && response.headers[.contentType] == nil)
    }

    @Test(
        "a gateway may ask with any method, and with the path of the request it holds",
        arguments: [
            HTTPRequest.Method.get, .post, .put, .patch, .delete, .options, .init(RequestStartHandler.rareMethod)!,
        ])
    func answersEveryMethod(method: HTTPRequest.Method) async throws {
        for uri in ["/v1/forward-auth", "/v1/forward-auth/", "/v1/forward-auth/orders/7?x=%00"] {
            #expect(try await ask([.apiKey: "k"], method: method, uri: uri).response.status == .ok)
        }
    }

    @Test("an answer to HEAD has no body")
    func answersHead() async throws {
        let response = try await ask([.apiKey: "k"], method: .head).response
        #expect(response.status == .ok)
        #expect(response.body.readableBytes == 0)
        #expect(try await ask([.apiKey: ""], method: .head).response.body.readableBytes == 0)
    }
}
