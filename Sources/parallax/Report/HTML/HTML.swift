/// A piece of a page. Text is escaped where it comes in, names of elements and attributes are literals of ours: so no
/// value can become markup.
struct HTML: Equatable, Sendable {
    private(set) var source: String

    private init(source: String) {
        self.source = source
    }

    static let empty = HTML(source: "")

    /// Text from any source, escaped.
    static func text(_ text: String) -> HTML { HTML(source: HTMLEscaping.escape(text)) }

    /// Pieces after one another.
    static func group(_ children: [HTML]) -> HTML { HTML(source: children.map(\.source).joined()) }

    /// An element. Attributes whose value is `nil` are left out.
    static func element(
        _ name: StaticString, _ attributes: KeyValuePairs<StaticString, String?> = [:], _ children: [HTML] = []
    ) -> HTML {
        var source = "<\(name)"
        for (attribute, value) in attributes {
            guard let value else { continue }
            source += " \(attribute)=\"\(HTMLEscaping.escape(value))\""
        }
        return HTML(source: source + ">" + children.map(\.source).joined() + "</\(name)>")
    }

    /// An element of HTML that has no end tag.
    static func void(_ name: StaticString, _ attributes: KeyValuePairs<StaticString, String?>) -> HTML {
        let element = element(name, attributes)
        return HTML(source: String(element.source.dropLast("</\(name)>".count)))
    }

    /// A style sheet of ours. HTML does not parse it as text, so it is not escaped.
    static func style(_ css: StaticString) -> HTML { HTML(source: "<style>\(css)</style>") }

    /// A whole page.
    static func document(language: String, _ children: [HTML]) -> HTML {
        let page = element("html", ["lang": language], children)
        return HTML(source: "<!DOCTYPE html>\n" + page.source)
    }
}

/// Everyday elements.
extension HTML {
    static func paragraph(_ text: String, class name: String? = nil) -> HTML {
        element("p", ["class": name], [.text(text)])
    }

    static func heading(_ text: String, id: String) -> HTML { element("h2", ["id": id], [.text(text)]) }

    static func subheading(_ text: String) -> HTML { element("h3", [:], [.text(text)]) }

    /// What opens and closes without a script.
    static func details(summary: [HTML], isOpen: Bool = false, _ children: [HTML]) -> HTML {
        element("details", ["open": isOpen ? "" : nil], [element("summary", [:], summary)] + children)
    }

    static func list(_ items: [String]) -> HTML {
        element("ul", [:], items.map { element("li", [:], [.text($0)]) })
    }
}
