import AdminAPI
import Foundation
import ParallaxCore
import Testing

@testable import parallax

/// The bodies that the command and the service share, with what other versions leave out.
@Suite struct AdminAPITests {
    private func answer<Body: Decodable>(_ json: String) async throws -> Body {
        try await AdminClient(baseURL: "http://a", token: "t") { _ in
            AdminClient.Response(status: 200, body: Data(json.utf8))
        }.get("/", query: [])
    }

    @Test("an answer without the fields that came later can be read")
    func readsOlderAnswers() async throws {
        let acknowledged: AcknowledgementAnswer = try await answer(#"{"acknowledged":["redis_down","a_new_one"]}"#)
        #expect(acknowledged.acknowledged == ["redis_down", "a_new_one"] && acknowledged.holdOffUntil == nil)
        let ended: DrillEndAnswer = try await answer(#"{"outcome":"restored"}"#)
        #expect(ended.outcome == "restored" && ended.problem == nil)
        let recorded: DrillRecordAnswer = try await answer(#"{"time":7}"#)
        #expect(recorded.time.milliseconds == 7 && recorded.unheard == nil)
        let reset: ResetAllAnswer = try await answer(#"{"memory_identities":3}"#)
        #expect(reset == ResetAllAnswer(memoryIdentities: 3, redisIdentities: nil))
    }

    @Test("the record of a drill is sent in the names that the service reads")
    func sendsTheRecord() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let body = try encoder.encode(DrillRecordRequest(appliedMs: 1, restoredMs: 2, instances: 1, heard: ["a"]))
        #expect(
            String(decoding: body, as: UTF8.self)
                == #"{"applied_ms":1,"heard":["a"],"instances":1,"restored_ms":2}"#)
        let earlier = Data(#"{"applied_ms":1,"instances":1,"restored_ms":2}"#.utf8)
        #expect(try JSONDecoder().decode(DrillRecordRequest.self, from: earlier).heard == nil)
    }
}
