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
