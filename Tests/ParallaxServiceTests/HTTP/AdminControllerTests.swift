@testable import Settings
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import ParallaxCore
import Testing

@testable import ParallaxService

@Suite struct AdminControllerTests {
    private static let token = "0123456789abcdef-token"
    private static let routes: [(HTTPRequest.Method, String)] = [
        (.get, "/v1/limits/status?identifier=k"), (.get, "/v1/limits/top"), (.post, "/v1/limits/reset"),
        (.get, "/v1/flags"), (.post, "/v1/rollback/acknowledge"),
        (.post, "/v1/rollback/drill"), (.post, "/v1/rollback/drill/end"), (.post, "/v1/rollback/drill/record"),
    ]

    private func service(_ actions: ScriptedActions) throws -> ScriptedService {
        ScriptedService(
            admin: AdminAccess(
                token: try BearerToken(Self.token), actions: actions, policies: PolicyBook(defaultValue: .defaultValue))
        )
    }

    private static var authorized: HTTPFields { [.authorization: "Bearer \(token)"] }

    @Test("without a token the routes are off, and say how to turn them on", arguments: routes)
    func areOff(method: HTTPRequest.Method, uri: String) async throws {
        try await ScriptedService().run { client in
            let response = try await client.execute(uri: uri, method: method, headers: Self.authorized)
            #expect(response.status == .notFound)
            #expect(try response.errorCode == "admin_off")
            #expect(String(buffer: response.body).contains("ADMIN_TOKEN_FILE"))
        }
    }

    @Test(
        "a request without the token is refused before anything is done",
        arguments: [
            nil, "", "Bearer", "Bearer ", "Bearer \(token)x", "Bearer \(token.dropLast())", "Basic \(token)", token,
            "Bearer  \(token)", "Bearer \(token.uppercased())",
        ])
    func turnsAway(authorization: String?) async throws {
        let actions = ScriptedActions()
        try await service(actions).run { client in
            for (method, uri) in Self.routes {
                var headers = HTTPFields()
                headers[.authorization] = authorization
                let response = try await client.execute(uri: uri, method: method, headers: headers)
                #expect(response.status == .unauthorized)
                #expect(try response.errorCode == "unauthorized")
                #expect(response.headers[.wwwAuthenticate]?.hasPrefix("Bearer") == true)
                #expect(!String(buffer: response.body).contains(Self.token))
            }
        }
        #expect(actions.calls.isEmpty)
    }

    @Test("the scheme's name may be written in any case")
    func heedsNoCase() async throws {
        try await service(ScriptedActions()).run { client in
            let response = try await client.get("/v1/flags", [.authorization: "bearer \(Self.token)"])
            #expect(response.status == .ok)
        }
    }

    @Test("an identity's standing is asked for without consuming")
    func showsStanding() async throws {
        let actions = ScriptedActions()
        try await service(actions).run { client in
            let uri = "/v1/limits/status?organization=a%3Ab%20c&identifier=k%26%C3%A9"
            let object = try await client.get(uri, Self.authorized).object
            #expect(object["organization"] as? String == "a:b c")
            #expect(object["identifier"] as? String == "k&é")
            let memory = try #require(object["memory_legacy"] as? [String: Any])
            #expect((memory["windows"] as? [[String: Any]])?.count == 4)
            let redis = try #require(object["redis_distributed"] as? [String: Any])
            #expect(redis["state"] as? String == "unavailable")
            #expect(redis["reason"] as? String == "circuit_open")
            #expect(try await client.get("/v1/limits/status", Self.authorized).errorCode == "invalid_parameter")
            #expect(
                try await client.get("/v1/limits/status?identifier=", Self.authorized).errorCode == "empty_identifier")
        }
        #expect(actions.calls == [.limitStatus(try Identity(organization: "a:b c", identifier: "k&é"), cost: 0)])
    }

    @Test("the most refused are listed up to a limit")
    func listsTheMostRefused() async throws {
        let actions = ScriptedActions()
        try await service(actions).run { client in
            let object = try await client.get("/v1/limits/top?limit=5", Self.authorized).object
            #expect(object["organization"] as? String == "global")
            let first = try #require((object["identities"] as? [[String: Any]])?.first)
            #expect(first["identifier"] as? String == "a\"b")
            #expect(first["refusals"] as? Int == 7)
            for limit in ["0", "-1", "1001", "x", ""] {
                let response = try await client.get("/v1/limits/top?limit=\(limit)", Self.authorized)
                #expect(try response.errorCode == "invalid_parameter")
            }
        }
        #expect(actions.calls == [.top("global", 5)])
    }

    @Test("one identity is reset, and what was there is told")
    func resets() async throws {
        let actions = ScriptedActions()
        try await service(actions).run { client in
            let body = ByteBuffer(string: #"{"organization":"acme","identifier":"k"}"#)
            let response = try await client.execute(
                uri: "/v1/limits/reset", method: .post, headers: Self.authorized, body: body)
            #expect(try response.object["memory"] as? Bool == true)
            #expect(try response.object["redis"] as? Bool == false)
        }
        #expect(actions.calls == [.reset(try Identity(organization: "acme", identifier: "k"))])
    }

    @Test(
        "an organization is reset, or everything, only by a body that says all",
        arguments: [
            (#"{"organization":"acme","all":true}"#, ResetScope.organization("acme")),
            (#"{"organization":"","all":true}"#, .organization("global")), (#"{"all":true}"#, .everything),
        ])
    func resetsMany(body: String, scope: ResetScope) async throws {
        let actions = ScriptedActions()
        try await service(actions).run { client in
            let response = try await client.execute(
                uri: "/v1/limits/reset", method: .post, headers: Self.authorized, body: ByteBuffer(string: body))
            #expect(try response.object["memory_identities"] as? Int == 3)
            #expect(try response.object["redis_identities"] as? Int == 7)
        }
        #expect(actions.calls == [.resetAll(scope)])
    }

    @Test(
        "a reset that makes no sense resets nothing",
        arguments: [
            ("", "invalid_json"), ("{", "invalid_json"), ("{}", "missing_field"), (#"{"identifier":7}"#, "wrong_type"),
            (#"{"identifier":""}"#, "empty_identifier"), (#"{"organization":"acme"}"#, "missing_field"),
            (#"{"organization":"acme","all":false}"#, "missing_field"),
            (#"{"identifier":"k","all":true}"#, "invalid_field"),
            (#"{"organisation":"acme","all":true}"#, "invalid_field"), (#"{"all":1}"#, "wrong_type"),
            (#"{"organization":"acme","organization":null,"all":true}"#, "repeated_field"),
            (#"{"identifier":"\ud800"}"#, "invalid_json"), (#"{"identifier":null}"#, "missing_field"),
        ])
    func refusesResets(body: String, code: String) async throws {
        let actions = ScriptedActions()
        try await service(actions).run { client in
            let response = try await client.execute(
                uri: "/v1/limits/reset", method: .post, headers: Self.authorized, body: ByteBuffer(string: body))
            #expect(response.status == .badRequest)
            #expect(try response.errorCode == code)
        }
        #expect(actions.calls.isEmpty)
    }

    @Test(
        "a field of another type is named with the type that it must have",
        arguments: [
            ("/v1/limits/reset", #"{"all":1}"#, #"the field \"all\" must be true or false"#),
            ("/v1/limits/reset", #"{"identifier":["k"]}"#, #"the field \"identifier\" must be a string"#),
            ("/v1/rollback/drill", #"{"by":"ann","reason":null}"#, #"the field \"reason\" must be a string"#),
            (
                "/v1/rollback/drill/record", #"{"applied_ms":1.5,"restored_ms":1,"instances":1}"#,
                "every number in the body must be a whole number"
            ),
            (
                "/v1/rollback/drill/record", #"{"applied_ms":1,"restored_ms":1,"instances":1,"heard":["a",2]}"#,
                #"the field \"heard\" must be a list of strings"#
            ),
        ])
    func namesTypes(path: String, body: String, message: String) async throws {
        try await service(ScriptedActions()).run { client in
            let response = try await client.execute(
                uri: path, method: .post, headers: Self.authorized, body: ByteBuffer(string: body))
            #expect(response.status == .badRequest)
            #expect(String(buffer: response.body).contains(message), "\(String(buffer: response.body))")
        }
    }

    @Test(
        "a query that can be read in two ways is refused on every route that reads one",
        arguments: ["organization=%ff", "organization=%zz", "organization=a&organization=b", "organisation=a"])
    func refusesQueries(query: String) async throws {
        let actions = ScriptedActions()
        try await service(actions).run { client in
            for route in ["/v1/limits/status?identifier=k&", "/v1/limits/top?"] {
                let response = try await client.get(route + query, Self.authorized)
                #expect(response.status == .badRequest)
                #expect(try response.errorCode == "invalid_parameter")
                #expect(String(buffer: response.body).contains("organization"))
            }
        }
        #expect(actions.calls.isEmpty)
    }

    @Test("a rollback is acknowledged by a named person with a reason, or not at all")
    func acknowledges() async throws {
        let actions = ScriptedActions()
        try await service(actions).run { client in
            func post(_ body: String) async throws -> TestResponse {
                try await client.execute(
                    uri: "/v1/rollback/acknowledge", method: .post, headers: Self.authorized,
                    body: ByteBuffer(string: body))
            }
            let accepted = try await post(#"{"by":"ada","reason":"disk replaced"}"#)
            #expect(try accepted.object["acknowledged"] as? [String] == ["redis_down"])
            #expect(try accepted.object["hold_off_until"] as? Int == 9)
            for body in [#"{"by":" ","reason":"x"}"#, #"{"by":"ada","reason":""}"#] {
                let refused = try await post(body)
                #expect(try refused.errorCode == "invalid_field")
            }
            let nameless = try await post(#"{"reason":"disk replaced"}"#)
            #expect(try nameless.errorCode == "missing_field")
        }
        #expect(actions.calls == [.acknowledge(by: "ada", reason: "disk replaced")])
    }

    @Test("a refused acknowledgement says why")
    func refusesAcknowledgements() async throws {
        let actions = ScriptedActions(refusal: AcknowledgementRefusal(reason: "no trigger waits"))
        try await service(actions).run { client in
            let body = ByteBuffer(string: #"{"by":"ada","reason":"r"}"#)
            let response = try await client.execute(
                uri: "/v1/rollback/acknowledge", method: .post, headers: Self.authorized, body: body)
            #expect(response.status == .conflict)
            #expect(String(buffer: response.body).contains("no trigger waits"))
        }
    }

    @Test("a drill goes in three steps, each asked of its owner and answered with what came of it")
    func drills() async throws {
        let actions = ScriptedActions()
        try await service(actions).run { client in
            let steps: [(String, String, String)] = [
                ("", #"{"by":"ann","reason":"monthly"}"#, #"{"began":5,"until":9}"#),
                ("/end", "{}", #"{"outcome":"changed_by_others"}"#),
                (
                    "/record", #"{"applied_ms":12,"restored_ms":34,"instances":2}"#,
                    #"{"applied_ms":12,"instances":2,"restored_ms":34,"time":7}"#
                ),
            ]
            for (path, body, answer) in steps {
                let response = try await client.execute(
                    uri: "/v1/rollback/drill" + path, method: .post, headers: Self.authorized,
                    body: ByteBuffer(string: body))
                #expect(response.status == .ok)
                #expect(String(buffer: response.body) == answer)
            }
        }
        #expect(
            actions.calls == [
                .beginDrill(by: "ann", reason: "monthly"), .endDrill,
                .recordDrill(applied: 12, restored: 34, instances: 2),
            ])
    }

    @Test(
        "a drill wants a name and a reason of one line each",
        arguments: ["", " ", "a\\nb", "\\u001b[31m", "\\u202eevil", String(repeating: "x", count: 1_001)])
    func checksWhoDrills(text: String) async throws {
        let actions = ScriptedActions()
        try await service(actions).run { client in
            for body in [#"{"by":"\#(text)","reason":"r"}"#, #"{"by":"ann","reason":"\#(text)"}"#] {
                let response = try await client.execute(
                    uri: "/v1/rollback/drill", method: .post, headers: Self.authorized, body: ByteBuffer(string: body))
                #expect(response.status == .badRequest)
                #expect(try response.errorCode == "invalid_field")
            }
        }
        #expect(actions.calls.isEmpty)
    }

    @Test("a drill that is refused is a conflict with its reason")
    func refusesDrills() async throws {
        let actions = ScriptedActions(refusal: AcknowledgementRefusal(reason: "a trigger fires"))
        try await service(actions).run { client in
            for path in ["/v1/rollback/drill", "/v1/rollback/drill/end"] {
                let response = try await client.execute(
                    uri: path, method: .post, headers: Self.authorized,
                    body: ByteBuffer(string: #"{"by":"ann","reason":"r"}"#))
                #expect(response.status == .conflict)
                #expect(String(buffer: response.body).contains("a trigger fires"))
            }
        }
        #expect(actions.calls.isEmpty)
    }
}
