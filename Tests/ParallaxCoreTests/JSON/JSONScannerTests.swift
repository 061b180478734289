import Testing

@testable import ParallaxCore

@Suite struct JSONScannerTests {
    /// The one string that a text is, made; the fault otherwise.
    private func string(_ bytes: [UInt8], checksStrings: Bool = true) -> Result<String?, JSONFault> {
        bytes.withUnsafeBufferPointer { buffer in
            Result { () throws(JSONFault) in
                var scanner = JSONScanner(buffer, checksStrings: checksStrings)
                try scanner.begin()
                let value = try scanner.value()
                try scanner.end()
                guard case .string(let text) = value else { return nil }
                return try scanner.string(of: text)
            }
        }
    }

    @Test(
        "a fault names its reason and the bytes before it",
        arguments: [
            ("", JSONFault.Reason.empty, 0), (" \n", .empty, 2), ("\u{feff}{}", .byteOrderMark, 0), ("[1,", .ended, 3),
            ("[1,]", .noValue, 3), ("[1 2]", .noComma, 3), ("{1:2}", .noKey, 1), ("{\"a\" 1}", .noColon, 5),
            ("[-x]", .badNumber, 2), ("[01]", .noComma, 2), ("{} x", .trailing, 3), ("[tru]", .noValue, 4),
            ("\"a\tb\"", .controlCharacter, 2), ("\"\\x\"", .badEscape, 2), ("\"\\u00g0\"", .badEscape, 5),
            ("\"\\ud83dx\"", .loneSurrogate, 7), ("\"\\ud83d\\u0041\"", .loneSurrogate, 13),
        ])
    func faults(text: String, reason: JSONFault.Reason, offset: Int) {
        #expect(string(Array(text.utf8)) == .failure(JSONFault(reason: reason, offset: offset)))
    }

    @Test("objects and lists stand in each other only as deep as the bound, in whatever mixture")
    func depth() {
        func nested(_ depth: Int) -> [UInt8] {
            let (open, close) = (["[", "{\"a\":"], ["]", "}"])
            return Array(
                ((0..<depth).map { open[$0 % 2] } + ["1"] + (0..<depth).reversed().map { close[$0 % 2] }).joined().utf8)
        }
        #expect(string(nested(JSONScanner.maximumDepth)) == .success(nil))
        guard case .failure(let fault) = string(nested(JSONScanner.maximumDepth + 1)) else {
            Issue.record("too deep a text was read")
            return
        }
        #expect(fault.reason == .tooDeep)
    }

    @Test("two bytes in a string are what the standard library takes for UTF-8, or a fault")
    func utf8() {
        for first in UInt8(0x80)...0xff {
            for second in UInt8(0x80)...0xff {
                for rest in [[], [0x80], [0x80, 0x80], [0xbf, 0xbf], [0xc0]] as [[UInt8]] {
                    let bytes = [first, second] + rest
                    let expected = String(validating: bytes, as: UTF8.self)
                    #expect((try? string([0x22] + bytes + [0x22]).get()) == expected, "\(bytes)")
                }
            }
        }
    }

    @Test("strings that are not checked may hold any bytes, but those that are made have JSON's escapes")
    func unchecked() {
        func read(_ text: [UInt8]) -> Result<String?, JSONFault> { string(text, checksStrings: false) }
        #expect(read([0x22, 0xff, 0x61, 0x22]) == .success("\u{fffd}a"))
        #expect(read(Array(#""a\\\"b""#.utf8)) == .success("a\\\"b"))
        #expect(read(Array(#""\x22""#.utf8)) == .failure(JSONFault(reason: .badEscape, offset: 2)))
        #expect(read(Array(#"["\x22", "\ud83d"]"#.utf8)) == .success(nil))
        #expect(read(Array(#""\u12""#.utf8)) == .failure(JSONFault(reason: .badEscape, offset: 5)))
        #expect(read(Array(#""a\"#.utf8)) == .failure(JSONFault(reason: .ended, offset: 3)))
    }
}
