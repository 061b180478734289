import CommandSupport
import Foundation
import Synchronization
import Testing

@testable import parallax

@Suite struct DrillRunTests {
    /// Instances that follow one flag file, as the routes show them.
    private final class Fleet: Sendable {
        struct State {
            var strategy = "hybrid"
            /// Looks at an instance's health until it follows, by its address.
            var lag: [String: Int] = [:]
            var endsWith = "restored"
            var refusal: String?
            var log: [String] = []
        }

        let state = Mutex(State())

        var clients: [AdminClient] {
            ["http://a", "http://b"].map { url in
                AdminClient(baseURL: url, token: "t") { request in try self.answer(request) }
            }
        }

        private func answer(_ request: AdminClient.Request) throws -> AdminClient.Response {
            let (host, path) = (String(request.url.prefix(8)), String(request.url.dropFirst(8)))
            return state.withLock { state in
                switch path {
                case "/health":
                    let lag = state.lag[host] ?? 0
                    state.lag[host] = max(0, lag - 1)
                    let strategy = lag > 0 && state.strategy == "legacy" ? "hybrid" : state.strategy
                    return .json(
                        #"{"instance":"\#(host.suffix(1))","security":{"middleware_status":{"migration_strategy":"\#(strategy)","p0_13b_compliance":false}}}"#
                    )
                case "/v1/check":
                    state.log.append("\(host) check")
                    return .json(#"{"strategy":"\#(state.strategy)","backend":"memory-legacy"}"#)
                case "/v1/rollback/drill":
                    if let refusal = state.refusal {
                        return .json(#"{"error":{"code":"refused","message":"\#(refusal)"}}"#, status: 409)
                    }
                    state.strategy = "legacy"
                    state.log.append("\(host) flip")
                    return .json(#"{"began":1,"until":2}"#)
                case "/v1/rollback/drill/end":
                    if state.endsWith == "restored" { state.strategy = "hybrid" }
                    state.log.append("\(host) end")
                    return .json(#"{"outcome":"\#(state.endsWith)","problem":"disk full"}"#)
                default:
                    let body = String(decoding: request.body ?? Data(), as: UTF8.self)
                    state.log.append("\(host) record \(body.contains("\"instances\":2"))")
                    return .json(#"{"time":1,"unheard":["c"]}"#)
                }
            }
        }

        var log: [String] { state.withLock { $0.log } }
    }

    @Test("the first instance flips, all answer in legacy, the first puts back, and then it is recorded")
    func order() async throws {
        let fleet = Fleet()
        fleet.state.withLock { $0.lag = ["http://b": 3] }
        let result = try await DrillRun(clients: fleet.clients).run(by: "ann", reason: "r")
        #expect(result.instances == 2 && result.strategy == "hybrid")
        #expect(result.heard == ["a", "b"] && result.unheard == ["c"])
        #expect(
            !result.isComplete
                && result.text.contains("\ndrilled      a, b\nnot drilled  c\nNot all were drilled: 2 of 3"))
        #expect(
            fleet.log == ["http://a flip", "http://a check", "http://b check", "http://a end", "http://a record true"])
    }

    @Test("a refusal is told with its reason, and nothing more is done")
    func refused() async throws {
        let fleet = Fleet()
        fleet.state.withLock { $0.refusal = "a trigger fires" }
        let failure = await #expect(throws: CommandFailure.self) {
            _ = try await DrillRun(clients: fleet.clients).run(by: "ann", reason: "r")
        }
        #expect(failure?.message.contains("a trigger fires") == true)
        #expect(fleet.log.isEmpty)
    }

    @Test(
        "if another program wrote the flags or they cannot be restored, it does not count, and says what to do",
        arguments: [
            ("changed_by_others", "those stay"), ("taken_over", "those stay"), ("failed", "disk full"),
        ])
    func notRestored(_ outcome: String, _ part: String) async throws {
        let fleet = Fleet()
        fleet.state.withLock { $0.endsWith = outcome }
        let failure = await #expect(throws: CommandFailure.self) {
            _ = try await DrillRun(clients: fleet.clients).run(by: "ann", reason: "r")
        }
        #expect(failure?.description.contains(part) == true)
        #expect(!fleet.log.contains { $0.contains("record") })
    }

    @Test("interrupted while an instance does not follow, it still asks for the way back")
    func interrupted() async throws {
        let fleet = Fleet()
        fleet.state.withLock { $0.lag = ["http://b": .max] }
        let clients = fleet.clients
        let drill = Task { try await DrillRun(clients: clients).run(by: "ann", reason: "r") }
        while !fleet.log.contains("http://a check") { await Task.yield() }
        drill.cancel()
        let interruption = await #expect(throws: DrillInterruption.self) { _ = try await drill.value }
        #expect(interruption?.state == "The flags are as they were.")
        #expect(fleet.log.last == "http://a end")
    }
}

extension AdminClient.Response {
    fileprivate static func json(_ text: String, status: Int = 200) -> AdminClient.Response {
        AdminClient.Response(status: status, body: Data(text.utf8))
    }
}
