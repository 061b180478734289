import NIOCore
import ParallaxCore
import Testing

@testable import ParallaxService

@Suite struct CheckBodyTests {
    private func parse(_ text: String) throws -> CheckBody {
        try CheckBody(ByteBuffer(string: text))
    }

    @Test(
        "a string means what its escapes say",
        arguments: [
            (#""a\"\\\/\b\f\n\r\t""#, "a\"\\/\u{8}\u{c}\n\r\t"), (#""\u0041\u00e9\u20AC""#, "Aé€"),
            (#""\ud83d\ude00""#, "😀"), (#""\uD83D\uDE00x""#, "😀x"), (#""\u0000""#, "\0"), (#""é😀""#, "é😀"),
            (#""\ufffe""#, "\u{fffe}"), (#""\udbff\udfff""#, "\u{10ffff}"),
        ])
    func unescapes(json: String, expected: String) throws {
        let body = try parse("{\"identifier\":\(json)}")
        #expect(Array(body.identifier.utf8) == Array(expected.utf8))
    }

    @Test(
        "a string that is not JSON's is refused",
        arguments: [
            (#""\ud83d""#, JSONFault.Reason.loneSurrogate), (#""\ud83dx""#, .loneSurrogate),
            (#""\ud83d\u0041""#, .loneSurrogate), (#""\ude00""#, .loneSurrogate), (#""\x41""#, .badEscape),
            (#""\u00g0""#, .badEscape), (#""\u12"#, .ended), ("\"a\nb\"", .controlCharacter),
            ("\"a\u{0}b\"", .controlCharacter),
            (#""\n"# + "\t\"", .controlCharacter), ("\"abc", .ended), ("\"abc\\", .ended), ("'a'", .noValue),
        ])
    func refusesStrings(json: String, reason: JSONFault.Reason) {
        #expect { try parse("{\"identifier\":\(json)") } throws: { error in
            guard case .json(let fault) = error as? RequestError else { return false }
            return fault.reason == reason
        }
    }

    @Test(
        "bytes that are not valid UTF-8 are refused",
        arguments: [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80]])
    func refusesOtherEncodings(bytes: [UInt8]) {
        let body = ByteBuffer(bytes: Array(#"{"identifier":""#.utf8) + bytes + Array(#""}"#.utf8))
        #expect { try CheckBody(body) } throws: { error in
            guard case .json(let fault) = error as? RequestError else { return false }
            return fault.reason == .notUTF8
        }
    }

    @Test(
        "a cost is any spelling of a whole number",
        arguments: [
            ("0", 0), ("-0", 0), ("7", 7), ("7.0", 7), ("7e0", 7), ("0.7E+1", 7), ("70e-1", 7), ("-3", -3),
            ("0e-99999999999999999999", 0),
            ("-0.0e5", 0), ("0.000e400", 0), ("70.00e-1", 7), ("7" + String(repeating: "0", count: 90) + "e-90", 7),
        ])
    func readsCosts(json: String, expected: Int) throws {
        #expect(try parse("{\"identifier\":\"k\",\"cost\":\(json)}").cost == expected)
    }

    @Test(
        "a number with any fraction is not a whole one, however small the fraction",
        arguments: [
            "1e-400", "1e-99999999999999999999", "-1e-400", "1.0000000000000000000000000000000000000001",
            "0.0000000000000000000000000000000000000001e2", "9007199254740993.5", "15e-1",
        ])
    func refusesFractions(json: String) {
        #expect(throws: RequestError.wrongType(field: "cost", expected: "a whole number")) {
            try parse("{\"identifier\":\"k\",\"cost\":\(json)}")
        }
    }

    @Test(
        "a cost that no limit has room for names the field",
        arguments: [
            "1234567890123456789012345678901234567890", "-1234567890123456789012345678901234567890", "1e400",
            "1e99999999999999999999", "-1e400", "1.5e30", "9223372036854775808",
        ])
    func refusesHugeCosts(json: String) {
        #expect(throws: RequestError.hugeCost) { try parse("{\"identifier\":\"k\",\"cost\":\(json)}") }
        #expect(RequestError.hugeCost.message.contains("\"cost\""))
    }

    @Test(
        "a number that is not JSON's is refused",
        arguments: ["01", "+1", ".5", "1.", "1e", "1e+", "-", "0x1", "1_000", "NaN", "Infinity", "1 2"])
    func refusesNumbers(json: String) {
        #expect(throws: RequestError.self) { try parse("{\"identifier\":\"k\",\"cost\":\(json)}") }
    }

    @Test(
        "other fields are skipped whatever their type",
        arguments: [
            #""x""#, "1", "-1.5e3", "true", "false", "null", "[]", "{}", #"[1,{"a":[null]},"]"]"#,
            #"{"identifier":"no"}"#,
        ])
    func skipsOthers(value: String) throws {
        let body = try parse(" { \"other\" : \(value) , \"identifier\" : \"k\" } \r\n")
        #expect(body.identifier == "k")
    }

    @Test("a field may be named with escapes, and is the same field")
    func unescapesNames() throws {
        #expect(try parse(#"{"\u0069dentifier":"k"}"#).identifier == "k")
        #expect(throws: RequestError.repeatedField("identifier")) {
            try parse(#"{"\u0069dentifier":"k","identifier":"l"}"#)
        }
    }

    @Test("nesting is bounded", arguments: [("[", "]"), (#"{"a":"#, "}")])
    func boundsNesting(open: String, close: String) throws {
        let fitting = JSONScanner.maximumDepth - 1
        func body(_ depth: Int) -> String {
            "{\"x\":" + String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)
                + ",\"identifier\":\"k\"}"
        }
        #expect(try parse(body(fitting)).identifier == "k")
        #expect(throws: RequestError.self) { try parse(body(fitting + 1)) }
        #expect(throws: RequestError.self) { try parse(body(3000)) }
    }

    @Test("no cut or changed byte of a body makes the reader fail otherwise than with an error")
    func survivesDamage() {
        let whole = Array(
            #"{"organization":"a\u00e9\ud83d\ude00","identifier":"k","cost":1.0e0,"x":[{"y":null}]}"#.utf8)
        for length in whole.indices {
            #expect(throws: RequestError.self) { try CheckBody(ByteBuffer(bytes: whole[..<length])) }
        }
        for index in whole.indices {
            for byte in [0, 0x22, 0x2c, 0x5c, 0x7b, 0x7d, 0x80, 0xff] as [UInt8] {
                var damaged = whole
                damaged[index] = byte
                _ = try? CheckBody(ByteBuffer(bytes: damaged))
            }
        }
    }
}
