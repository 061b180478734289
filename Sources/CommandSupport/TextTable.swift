/// Rows in columns as wide as their widest cell.
package struct TextTable {
    package enum Alignment: Sendable {
        case left
        case right
    }

    private let alignments: [Alignment]
    private var rows: [[String]] = []

    package init(_ alignments: [Alignment]) {
        self.alignments = alignments
    }

    /// Adds a row; cells that are missing on the right are empty.
    package mutating func add(_ cells: String...) {
        addRow(cells)
    }

    /// Adds a row of as many cells as it happens to have.
    package mutating func addRow(_ cells: [String]) {
        precondition(cells.count <= alignments.count, "a row has more cells than the table has columns")
        rows.append(cells)
    }

    /// The rows as lines, two spaces between columns, without spaces at their ends.
    package func lines(indent: Int = 2) -> [String] {
        let widths = alignments.indices.map { column in
            rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
        }
        return rows.map { row in
            let cells = row.enumerated().map { column, cell in
                cell.padded(to: widths[column], alignedRight: alignments[column] == .right)
            }
            let line = String(repeating: " ", count: indent) + cells.joined(separator: "  ")
            return String(line.reversed().drop { $0 == " " }.reversed())
        }
    }
}
