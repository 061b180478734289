import CommandSupport

/// Lines of comma-separated values as RFC 4180 has them, harmless to spreadsheets.
enum CSV {
    enum Cell: Sendable {
        case text(String)
        /// A number of ours: it may begin with a minus.
        case number(Int)
        /// Of what is not known.
        case empty
    }

    /// A record with its line end.
    static func line(_ cells: [Cell]) -> String {
        cells.map(field).joined(separator: ",") + "\r\n"
    }

    static func line(_ names: [String]) -> String {
        line(names.map(Cell.text))
    }

    private static func field(_ cell: Cell) -> String {
        switch cell {
        case .text(let text): quoted(disarmed(text))
        case .number(let number): String(number)
        case .empty: ""
        }
    }

    /// A spreadsheet takes a text that begins in one of these ways for a formula, and a formula can send data away. A quote
    /// before it makes it text again.
    private static func disarmed(_ text: String) -> String {
        let visible = text.escapedForTerminal
        guard let first = text.unicodeScalars.first, "=+-@\t\r\n＝＋－＠".unicodeScalars.contains(first) else {
            return visible
        }
        return "'" + visible
    }

    private static func quoted(_ text: String) -> String {
        let needsQuotes =
            text.unicodeScalars.contains { ",\"\r\n".unicodeScalars.contains($0) }
            || text.first == " " || text.last == " "
        return needsQuotes ? "\"" + text.replacing("\"", with: "\"\"") + "\"" : text
    }
}
