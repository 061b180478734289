import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import ParallaxCore
import Testing

@testable import ParallaxService

/// A service behind a test client, made of scripted parts.
struct ScriptedService {
    var judge = ScriptedJudge.allowing()
    var policies = PolicyBook(defaultValue: .defaultValue)
    var isProduction = false
    var failsOpen = false
    var identification = CallerIdentification()
    var http = HTTPMetrics()
    var health = ScriptedHealth()
    var metrics = DecisionMetrics()
    var admin: AdminAccess?
    var applicationTimes: ApplicationTimes?
    var recordResponseTime: @Sendable (Answer, Duration) -> Void = { _, _ in }

    /// Runs a test against the same routes that serve.
    func run(_ test: @escaping @Sendable (any TestClientProtocol) async throws -> Void) async throws {
        let failsOpen = failsOpen
        let checkHandler = CheckHandler(
            judge: judge, policies: policies, isProduction: isProduction, failsOpen: { failsOpen },
            recordResponseTime: recordResponseTime, recordFailOpen: { [http] in http.failedOpen() })
        let endpoints = Endpoints(
            checkHandler: checkHandler, identification: identification, health: health, metrics: metrics, http: http,
            admin: admin,
            applicationTimes: applicationTimes)
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let router = makeRouter(endpoints, context: ScriptedContext.self)
        try await Application(router: router, logger: logger).test(.router) { try await test($0) }
    }
}

extension TestClientProtocol {
    /// Posts a check.
    func check(_ body: String) async throws -> TestResponse {
        try await execute(uri: "/v1/check", method: .post, body: ByteBuffer(string: body))
    }

    func get(_ uri: String, _ headers: HTTPFields = [:]) async throws -> TestResponse {
        try await execute(uri: uri, method: .get, headers: headers)
    }
}

extension TestResponse {
    /// The body as a JSON object.
    var object: [String: Any] {
        get throws {
            let object = try JSONSerialization.jsonObject(with: Data(body.readableBytesView))
            return try #require(object as? [String: Any])
        }
    }

    /// The code of `{"error": {"code", "message"}}`, which must have a message too.
    var errorCode: String {
        get throws {
            let error = try #require(try object["error"] as? [String: String])
            #expect(error["message"]?.isEmpty == false)
            #expect(headers[.contentType] == "application/json")
            return try #require(error["code"])
        }
    }
}
