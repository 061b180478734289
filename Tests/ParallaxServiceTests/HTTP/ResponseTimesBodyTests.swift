import NIOCore
import ParallaxCore
import Testing

@testable import ParallaxService

@Suite struct ResponseTimesBodyTests {
    private func parse(_ text: String) throws -> [ApplicationTimes.Report] {
        try ResponseTimesBody(ByteBuffer(string: text)).reports
    }

    @Test("a report is a number, or an object with who waited")
    func reads() throws {
        let reports = try parse(
            #"""
             {"app": {"x": [1]}, "response_times": [ 12.5, 0, 6e5,
              {"milliseconds": 3, "identifier": "k\u00e9", "organization": "acme", "route": "/x"},
              {"milliseconds": 4, "identifier": "k", "organization": null}, {"milliseconds": 5, "identifier": null} ] }
            """#)
        #expect(
            reports == [
                .init(duration: .milliseconds(12.5)), .init(duration: .zero), .init(duration: .seconds(600)),
                .init(identity: try Identity(organization: "acme", identifier: "k\u{e9}"), duration: .milliseconds(3)),
                .init(identity: try Identity(identifier: "k"), duration: .milliseconds(4)),
                .init(duration: .milliseconds(5)),
            ])
        #expect(try parse(#"{"response_times":[]}"#).isEmpty)
    }

    @Test(
        "what cannot be taken is refused, and the error names the field",
        arguments: [
            (#"{}"#, "missing_field", "\"response_times\""), (#"{"response_times":5}"#, "wrong_type", "a list"),
            (#"{"response_times":null}"#, "wrong_type", "a list"),
            (#"{"response_times":[1],"response_times":[2]}"#, "repeated_field", "\"response_times\""),
            (#"{"response_times":[1,-1]}"#, "wrong_type", "response_times[1]"),
            (#"{"response_times":[1,2,600000.1]}"#, "wrong_type", "response_times[2]"),
            (#"{"response_times":[1e999]}"#, "wrong_type", "from 0 to 600000"),
            (#"{"response_times":["1"]}"#, "wrong_type", "response_times[0]"),
            (#"{"response_times":[true]}"#, "wrong_type", "response_times[0]"),
            (#"{"response_times":[[1]]}"#, "wrong_type", "response_times[0]"),
            (#"{"response_times":[{}]}"#, "missing_field", "response_times[0].milliseconds"),
            (#"{"response_times":[1,{"milliseconds":"3"}]}"#, "wrong_type", "response_times[1].milliseconds"),
            (#"{"response_times":[{"milliseconds":1,"milliseconds":2}]}"#, "repeated_field", "[0].milliseconds"),
            (#"{"response_times":[{"milliseconds":1,"identifier":7}]}"#, "wrong_type", "[0].identifier"),
            (#"{"response_times":[{"milliseconds":1,"identifier":""}]}"#, "invalid_field", "response_times[0]"),
            (#"{"response_times":[{"milliseconds":1,"organization":"a"}]}"#, "missing_field", "[0].identifier"),
            (#"{"response_times":[{"milliseconds":1,"organization":[]}]}"#, "wrong_type", "[0].organization"),
            (#"[1,2]"#, "invalid_json", "object"), ("", "invalid_json", "empty"),
            (#"{"response_times":[1"#, "invalid_json", "byte"),
            (#"{"response_times":[1,]}"#, "invalid_json", "byte 21"),
            (#"{"response_times":[1 2]}"#, "invalid_json", "byte"),
            (#"{"response_times":[1]}x"#, "invalid_json", "follows"),
            (#"{"response_times":[01]}"#, "invalid_json", "byte"),
            (#"{"response_times":[NaN]}"#, "invalid_json", "byte"),
        ])
    func refuses(text: String, code: String, part: String) {
        let error = #expect(throws: RequestError.self) { try parse(text) }
        #expect(error?.code == code, "\(String(describing: error))")
        #expect(error?.message.contains(part) == true, "\(error?.message ?? "")")
    }

    @Test("an identifier that is too long is refused without being quoted")
    func longIdentifier() {
        let text = String(repeating: "secret", count: 50)
        let error = #expect(throws: RequestError.self) {
            try parse(#"{"response_times":[1,{"milliseconds":1,"identifier":"\#(text)"}]}"#)
        }
        #expect(error?.message.contains("response_times[1]: the identifier has 300 bytes") == true)
        #expect(error?.message.contains("secret") == false)
    }

    @Test("a thousand reports are taken and one more is not", arguments: [1_000, 1_001])
    func bounded(count: Int) throws {
        let text = #"{"response_times":["# + Array(repeating: "1", count: count).joined(separator: ",") + "]}"
        if count == 1_000 {
            #expect(try parse(text).count == count)
        } else {
            let error = #expect(throws: RequestError.self) { try parse(text) }
            #expect(error?.message.contains("at most 1000") == true)
        }
    }

    @Test("no cut or changed byte makes the reader fail otherwise than with an error")
    func survivesDamage() {
        let whole = Array(
            #"{"response_times":[1.5,{"milliseconds":2e1,"identifier":"k\ud83d\ude00","organization":null}]}"#.utf8)
        for length in whole.indices {
            #expect(throws: RequestError.self) { try ResponseTimesBody(ByteBuffer(bytes: whole[..<length])) }
        }
        for index in whole.indices {
            for byte in [0, 0x22, 0x5b, 0x7b, 0x5d, 0x7d, 0x2c, 0x2d, 0x65, 0xff] as [UInt8] {
                var damaged = whole
                damaged[index] = byte
                _ = try? ResponseTimesBody(ByteBuffer(bytes: damaged))
            }
        }
    }
}
