import Testing

@testable import parallax

@Suite struct HTMLTests {
    @Test(
        "a value never becomes markup, and what hides or turns writing round is shown",
        arguments: [
            ("plain", "plain"), ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
            ("\"><img src=x onerror='a'>", "&quot;&gt;&lt;img src=x onerror=&#39;a&#39;&gt;"),
            ("a&amp;b", "a&amp;amp;b"),
            ("a\u{0}b", "a\\u{0}b"), ("\u{202e}exe.txt", "\\u{202e}exe.txt"), ("</title>", "&lt;/title&gt;"),
            ("line\nbreak\r", "line\\u{a}break\\u{d}"), ("\u{feff}\u{200b}", "\\u{feff}\\u{200b}"),
            ("café 東京", "café 東京"),
            ("<!--", "&lt;!--"), ("]]>", "]]&gt;"), ("\u{fffe}", "\\u{fffe}"),
        ])
    func escapes(text: String, shown: String) {
        #expect(HTML.text(text).source == shown)
        let element = HTML.element("a", ["title": text], [.text(text)])
        #expect(element.source == "<a title=\"\(shown)\">\(shown)</a>")
    }

    @Test("elements nest, attributes without a value are left out, and void elements have no end")
    func elements() {
        let html = HTML.element("p", ["class": nil, "id": "x"], [.element("b", [:], [.text("1 < 2")]), .text(" yes")])
        #expect(html.source == "<p id=\"x\"><b>1 &lt; 2</b> yes</p>")
        #expect(HTML.void("meta", ["charset": "utf-8"]).source == "<meta charset=\"utf-8\">")
        #expect(HTML.document(language: "en", [html]).source.hasPrefix("<!DOCTYPE html>\n<html lang=\"en\"><p"))
    }

    @Test("a table has a caption, and headings for its columns and rows; without rows it is not there")
    func tables() {
        var table = HTMLTable("Counts", [.text("name"), .number("count")])
        #expect(table.html == .empty)
        table.add("a<b", "7", class: "x")
        let source = table.html.source
        #expect(source.contains("<caption>Counts</caption>"))
        #expect(source.contains("<th scope=\"col\">name</th><th scope=\"col\" class=\"number\">count</th>"))
        #expect(source.contains("<tr class=\"x\"><th scope=\"row\">a&lt;b</th><td class=\"number\">7</td></tr>"))
    }

    @Test(
        "a drawing has a title and a description, and its numbers are short",
        arguments: [
            (0.125, "0.13"), (12.0, "12"), (-3.1415, "-3.14"), (.infinity, "0"), (1e6, "1000000"),
        ])
    func drawings(value: Double, text: String) {
        #expect(SVG.number(value) == text)
        let drawing = SVG.drawing(id: "a", title: "T<", description: "D", width: 10, height: value, [])
        #expect(
            drawing.source.contains(
                "aria-labelledby=\"a-title a-description\" xmlns=\"http://www.w3.org/2000/svg\"><title id=\"a-title\">T&lt;</title>"
            ))
    }
}
