import CommandSupport
import ParallaxCore
import Testing

@testable import parallax

@Suite struct EscapingTests {
    @Test(
        "what a terminal could obey or hide is shown instead",
        arguments: [
            ("203.0.113.7", "203.0.113.7"),
            ("café 東京 🙂", "café 東京 🙂"),
            ("\u{1b}[2J", "\\u{1b}[2J"),
            ("a\r\nb\tc\u{0}", "a\\u{d}\\u{a}b\\u{9}c\\u{0}"),
            ("\u{7f}\u{9b}31m", "\\u{7f}\\u{9b}31m"),
            ("user\u{202e}txt.exe", "user\\u{202e}txt.exe"),
            ("\u{2066}x\u{2069}\u{200f}\u{61c}", "\\u{2066}x\\u{2069}\\u{200f}\\u{61c}"),
            ("a\u{200b}b\u{feff}c", "a\\u{200b}b\\u{feff}c"),
            ("a\u{2028}b\u{2029}c", "a\\u{2028}b\\u{2029}c"),
            ("\u{e0041}\u{e000}", "\\u{e0041}\\u{e000}"),
            ("\\u{1b}", "\\\\u{1b}"),
        ])
    func escapes(text: String, shown: String) {
        #expect(text.escapedForTerminal == shown)
    }

    @Test("different strings are never shown alike, though one holds what the other's escape looks like")
    func unambiguous() {
        let texts = ["\u{1b}", "\\u{1b}", "\\\u{1b}", "\\\\u{1b}"]
        #expect(Set(texts.map(\.escapedForTerminal)).count == texts.count)
    }

    @Test("a text of several lines keeps its line ends and loses what else a terminal could obey")
    func severalLines() {
        #expect(DisplayText.lines("one\ntwo \u{1b}[2J\\\r") == "one\ntwo \\u{1b}[2J\\\\u{d}")
    }

    @Test("JSON keeps its meaning without a character that a terminal could obey")
    func json() throws {
        let text = try JSONText.make(["identifier": "a\u{202e}b\u{9b}c\u{1b}\u{e0041}\"\\/ü"])
        #expect(
            text == """
                {
                  "identifier" : "a\\u202eb\\u009bc\\u001b\\udb40\\udc41\\"\\\\/ü"
                }
                """)
    }

    @Test("a text is shortened with a mark, and to nothing more than its width", arguments: 0...8)
    func shortens(width: Int) {
        let short = "abcdef".shortened(to: max(1, width))
        #expect(short.count <= max(1, width))
        #expect(short == "abcdef" || short.hasSuffix("…"))
    }
}
