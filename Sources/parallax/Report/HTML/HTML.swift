import CommandSupport

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

extension HTML {
    /// The one way by which text comes into a page.
    enum HTMLEscaping {
        /// The text with everything that HTML or a reader could take for something else made visible: markup as
        /// entities, controls, NUL and marks that turn the direction of writing as `\u{..}`.
        static func escape(_ text: String) -> String {
            var escaped = ""
            for scalar in text.escapedForTerminal.unicodeScalars {
                switch scalar {
                case "&": escaped += "&amp;"
                case "<": escaped += "&lt;"
                case ">": escaped += "&gt;"
                case "\"": escaped += "&quot;"
                case "'": escaped += "&#39;"
                default: escaped.unicodeScalars.append(scalar)
                }
            }
            return escaped
        }
    }
}

/// A table of a page, with a caption and headings that screen readers tell.
struct HTMLTable {
    enum Column: Sendable {
        case text(String)
        case number(String)
    }

    private let caption: String
    private let columns: [Column]
    private var rows: [HTML] = []

    init(_ caption: String, _ columns: [Column]) {
        self.caption = caption
        self.columns = columns
    }

    var isEmpty: Bool { rows.isEmpty }

    /// Adds a row of as many cells as there are columns.
    ///
    /// - Parameter name: The class of the row, for its colour.
    mutating func add(_ cells: [HTML], class name: String? = nil) {
        precondition(cells.count == columns.count, "a row has as many cells as the table has columns")
        let cells = zip(columns, cells).enumerated().map { index, pair in
            let (column, cell) = pair
            return index == 0
                ? HTML.element("th", ["scope": "row"], [cell]) : HTML.element("td", ["class": column.style], [cell])
        }
        rows.append(.element("tr", ["class": name], cells))
    }

    mutating func add(_ cells: [String], class name: String? = nil) {
        add(cells.map(HTML.text), class: name)
    }

    mutating func add(_ cells: String..., class name: String? = nil) {
        add(cells.map(HTML.text), class: name)
    }

    /// Nothing where the table has no rows.
    var html: HTML {
        guard !rows.isEmpty else { return .empty }
        let heads = columns.map { HTML.element("th", ["scope": "col", "class": $0.style], [.text($0.title)]) }
        return .element(
            "div", ["class": "scroll"],
            [
                .element(
                    "table", [:],
                    [
                        .element("caption", [:], [.text(caption)]),
                        .element("thead", [:], [.element("tr", [:], heads)]),
                        .element("tbody", [:], rows),
                    ])
            ])
    }
}

extension HTMLTable.Column {
    fileprivate var title: String {
        switch self {
        case .text(let title), .number(let title): title
        }
    }

    fileprivate var style: String? {
        switch self {
        case .text: nil
        case .number: "number"
        }
    }
}
