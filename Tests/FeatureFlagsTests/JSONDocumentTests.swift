import ParallaxCore
import ParallaxTesting
import Testing

@testable import ParallaxCore

@Suite struct JSONDocumentTests {
    static func document(_ text: String) throws(JSONError) -> JSONDocument {
        try JSONDocument(parsing: Array(text.utf8))
    }

    @Test(
        "values are read as RFC 8259 defines them",
        arguments: [
            ("0", JSONNode.Value.number(0)), (" -0.5e+1\n", .number(-5)), ("1E400", .number(.infinity)),
            ("true", .boolean(true)), ("false", .boolean(false)), ("null", .null), ("[1,[],{}]", .array),
            (#""a\"\\\/\b\f\n\r\té\ud83d\ude00""#, .string("a\"\\/\u{8}\u{c}\n\r\té😀")),
            ("{}", .object([])),
        ])
    func values(text: String, value: JSONNode.Value) throws {
        #expect(try Self.document(text).root.value == value)
    }

    @Test(
        "what is not strict JSON is refused with the place",
        arguments: [
            "", " ", "{", "[", "[1", "[1,", "[1,]", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "{a:1}",
            "{'a':1}",
            "{} x", "nul", "truex", "+1", "01", "1.", ".5", "1e", "-", "\"a", "\"\\x\"", "\"\\u12g4\"", "\"\\",
            "\"a\nb\"", "NaN",
            "{} // c", "/* c */ {}", "# c\n{}", "\u{feff}{}", "{\"a\" 1}", "[1 2]", "\u{a0}1", "\"\\ud83d\\u00",
            #""\ud83d""#, #""\ud83d\u0041""#, #""\ude00x""#, #""\ud83d\n""#,
        ])
    func refused(text: String) throws {
        let error = try #require(throws: JSONError.self) { try Self.document(text) }
        guard case .syntax(let line, let column, _) = error else {
            Issue.record("\(error)")
            return
        }
        #expect(line >= 1 && column >= 1)
    }

    @Test("an error tells the line and the column in bytes")
    func place() throws {
        let error = try #require(throws: JSONError.self) { try Self.document("{\n  \"é\": x}") }
        #expect(error == .syntax(line: 2, column: 9, reason: "a value is expected here"))
    }

    @Test("bytes that are not valid UTF-8 are refused")
    func utf8() {
        #expect(throws: JSONError.notUTF8) { try JSONDocument(parsing: [0x22, 0xff, 0x22]) }
        #expect(throws: JSONError.notUTF8) { try JSONDocument(parsing: [0x22, 0xed, 0xa0, 0x80, 0x22]) }
    }

    @Test("nesting is bounded, so that no text overflows the stack")
    func depth() throws {
        let deepest = JSONScanner.maximumDepth
        _ = try Self.document(String(repeating: "[", count: deepest) + String(repeating: "]", count: deepest))
        #expect(throws: JSONError.self) { try Self.document(String(repeating: "[", count: deepest + 1)) }
        #expect(throws: JSONError.self) { try Self.document(String(repeating: "[", count: 500_000)) }
        #expect(throws: JSONError.self) { try Self.document(String(repeating: "{\"a\":", count: 100_000)) }
    }

    @Test("size is bounded, at exactly a mebibyte")
    func size() throws {
        let largest = JSONDocument.maximumBytes
        _ = try Self.document("1" + String(repeating: " ", count: largest - 1))
        #expect(throws: JSONError.tooLarge(bytes: largest + 1)) {
            try Self.document("1" + String(repeating: " ", count: largest))
        }
    }

    @Test("every prefix of a flag file is refused", arguments: [FlagTexts.pretty, FlagTexts.handMade])
    func torn(text: String) {
        let bytes = Array(text.utf8)
        let end = bytes.lastIndex(of: UInt8(ascii: "}"))!
        for length in 0...end {
            #expect(throws: JSONError.self) { try JSONDocument(parsing: Array(bytes[..<length])) }
        }
    }

    @Test("keys are told apart by their bytes")
    func bytes() throws {
        let document = try Self.document("{\"caf\u{e9}\": 1, \"cafe\u{301}\": 2}")
        #expect(document.root["caf\u{e9}"]?.value == .number(1))
        #expect(document.root["cafe\u{301}"]?.value == .number(2))
        #expect(document.root.duplicateKey == nil)
    }

    @Test("setting a value changes only its bytes")
    func replace() throws {
        var random = SplitMix64(seed: 11)
        for _ in 0..<200 {
            let text = RandomJSON.object(depth: 3, using: &random)
            let document = try Self.document(text)
            for path in document.paths {
                let node = try #require(try document.node(at: path))
                var edited = document
                try edited.set(.string("n\u{0}w"), at: path)
                let expected =
                    document.bytes[..<node.span.lowerBound] + Array(#""n\u0000w""#.utf8)
                    + document.bytes[node.span.upperBound...]
                #expect(edited.bytes == Array(expected))
            }
        }
    }

    @Test("adding a value keeps every byte before and after it, and it can be read back")
    func insert() throws {
        var random = SplitMix64(seed: 12)
        for _ in 0..<200 {
            let document = try Self.document(RandomJSON.object(depth: 3, using: &random))
            for path in document.paths + [[]] where try document.node(at: path)?.members != nil {
                let new = path + ["new key", "inner"]
                var edited = document
                try edited.set(.number(0.1), at: new)
                #expect(try edited.node(at: new)?.value == .number(0.1))
                let before = document.bytes.filter { $0 > 0x20 }
                let after = edited.bytes.filter { $0 > 0x20 }
                let start = zip(before, after).prefix { $0 == $1 }.count
                #expect(Array(after.suffix(before.count - start)) == Array(before[start...]))
            }
        }
    }

    @Test("nothing is put into a value that is not an object")
    func notAnObject() throws {
        var document = try Self.document(#"{"a": [1]}"#)
        #expect(throws: JSONError.notAnObject(path: ["a"])) { try document.set(.boolean(true), at: ["a", "b"]) }
    }
}

extension JSONDocument {
    /// The paths of all members that no duplicate makes ambiguous.
    fileprivate var paths: [[String]] { paths(of: root) }

    private func paths(of node: JSONNode) -> [[String]] {
        guard node.duplicateKey == nil else { return [] }
        return (node.members ?? []).flatMap { member in
            [[member.key]] + paths(of: member.value).map { [member.key] + $0 }
        }
    }
}

/// JSON as no tool would write it: white space wherever it is allowed.
private enum RandomJSON {
    static func object(depth: Int, using random: inout SplitMix64) -> String {
        let members = (0..<Int.random(in: 0...3, using: &random)).map { number in
            space(&random) + "\"k\(number)\(["", "é", "\\u0041", "\\n"].randomElement(using: &random)!)\""
                + space(&random) + ":" + space(&random) + value(depth: depth - 1, using: &random) + space(&random)
        }
        return "{" + (members.isEmpty ? space(&random) : members.joined(separator: ",")) + "}"
    }

    private static func value(depth: Int, using random: inout SplitMix64) -> String {
        if depth > 0, Bool.random(using: &random) { return object(depth: depth, using: &random) }
        return ["1", "-2.5e3", "true", "null", "\"😀\"", "[ 1 , {} ]", "\"\\ud83d\\ude00\""].randomElement(
            using: &random)!
    }

    private static func space(_ random: inout SplitMix64) -> String {
        ["", "", " ", "\n  ", "\r\n\t", "\t"].randomElement(using: &random)!
    }
}
