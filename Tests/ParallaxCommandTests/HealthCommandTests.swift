import ArgumentParser
import CommandSupport
import Foundation
import Testing

@testable import parallax

@Suite struct HealthCommandTests {
    private func body(_ status: String, _ reasons: String = "[]") -> String {
        """
        {"status":"\(status)","reasons":\(reasons),"instance":"a:1","environment":"production",
        "security":{"middleware_status":{"migration_strategy":"hybrid","distributed_enabled":true}},"redis":{}}
        """
    }

    private func ask(_ status: Int, _ body: String) async throws -> HealthAnswer {
        try await Health.ask("http://h") { request in
            #expect(request == AdminClient.Request(method: "GET", url: "http://h/health"))
            return AdminClient.Response(status: status, body: Data(body.utf8))
        }.answer
    }

    @Test("the exit code tells healthy, degraded and unhealthy apart, and the text says why")
    func statuses() async throws {
        let healthy = try await ask(200, body("healthy"))
        #expect(healthy.text == "a:1 (production, hybrid) is healthy" && healthy.status.exitCode.rawValue == 0)
        let degraded = try await ask(200, body("degraded", #"["Redis is unhealthy","a\u001b[2J"]"#))
        #expect(
            degraded.text == """
                a:1 (production, hybrid) is degraded:
                  Redis is unhealthy
                  a\\u{1b}[2J
                """)
        #expect(degraded.status.exitCode.rawValue == 2)
        #expect(try await ask(503, body("unhealthy", #"["no"]"#)).status.exitCode.rawValue == 3)
    }

    @Test(
        "what is not the answer of an instance is never taken for one",
        arguments: [(404, "{}"), (200, "<html>"), (503, ""), (200, #"{"status":"splendid"}"#)])
    func strangers(status: Int, body: String) async {
        let failure = await #expect(throws: CommandFailure.self) { _ = try await ask(status, body) }
        #expect(failure?.status == .badData)
    }

    @Test("an instance that does not answer has an exit code of its own")
    func away() async {
        let failure = await #expect(throws: CommandFailure.self) {
            _ = try await Health.ask("http://h") { _ in throw AdminClient.TransportFailure.refused }
        }
        #expect(
            failure?.status == .unavailable
                && failure?.message.hasPrefix("cannot ask http://h: connection refused") == true)
    }
}
