import Testing

@testable import ParallaxCore

@Suite struct JSONEscapingTests {
    @Test("every character is written so that it is read again, and none that a terminal could obey is left")
    func everyCharacter() throws {
        let texts = (0...0x2fff as ClosedRange<UInt32>).compactMap(Unicode.Scalar.init).map { String($0) }
        for text in texts + ["😀", "\u{e0041}", "\u{10ffff}", "a\"\\\n\u{1b}é"] {
            let written = JSONValue.string(text).text(layout: .compact)
            #expect(written == "\"\(JSONEscaping.inQuotes(text))\"")
            #expect(!written.unicodeScalars.contains(where: DisplayText.isUnsafe))
            let read = try JSONDocument(parsing: Array(written.utf8)).root.string
            #expect(read.map { Array($0.utf8) } == Array(text.utf8))
        }
    }
}
