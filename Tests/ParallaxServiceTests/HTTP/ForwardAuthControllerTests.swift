import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import ParallaxCore
import Testing

@testable import ParallaxService

@Suite struct ForwardAuthControllerTests {
    /// Asks once, from a peer, and gives the answer and the identity that was judged.
    private func ask(
        _ headers: HTTPFields, peer: String? = "10.0.0.1", method: HTTPRequest.Method = .get,
        uri: String = "/v1/forward-auth"
    ) async throws -> (response: TestResponse, identity: Identity?) {
        let service = ScriptedService(trustedProxies: [CIDR("10.0.0.0/8")!])
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

    @Test("the organization is believed from a trusted proxy only")
    func trustsProxiesAlone() async throws {
        #expect(try await ask([.organizationID: "acme"]).identity?.organization == "acme")
        #expect(try await ask([.organizationID: "acme"], peer: "198.51.100.1").identity?.organization == "global")
        #expect(try await ask([.organizationID: "acme", .apiKey: "k"], peer: nil).identity?.organization == "global")
    }

    @Test(
        "a key that reads as an address is refused, so that nobody spends another one's budget",
        arguments: ["203.0.113.7", "2001:db8::7", "::ffff:203.0.113.7", "2001:DB8:0::7"])
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
