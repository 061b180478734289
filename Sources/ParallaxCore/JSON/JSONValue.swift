/// A JSON value to be written; objects keep their members' order.
package indirect enum JSONValue: Equatable, Sendable {
    case object([Member])
    case string(String)
    case number(Double)
    case boolean(Bool)

    package struct Member: Equatable, Sendable {
        package let key: String
        package let value: JSONValue

        package init(_ key: String, _ value: JSONValue) {
            self.key = key
            self.value = value
        }
    }

    /// The value as text.
    ///
    /// - Parameter depth: How many objects it stands in: how far its own lines are indented.
    package func text(layout: JSONLayout, depth: Int = 0) -> String {
        switch self {
        case .boolean(let value): value ? "true" : "false"
        case .number(let number): JSONValue.text(of: number)
        case .string(let text): JSONValue.quoted(text)
        case .object(let members) where members.isEmpty: "{}"
        case .object(let members):
            "{" + layout.lineBreak(depth: depth + 1)
                + members.map { member in
                    JSONValue.quoted(member.key) + layout.colon + member.value.text(layout: layout, depth: depth + 1)
                }.joined(separator: layout.comma + layout.lineBreak(depth: depth + 1))
                + layout.lineBreak(depth: depth) + "}"
        }
    }

    /// The shortest text that reads as the same number; a whole one without a fraction, as some clients insist on.
    private static func text(of number: Double) -> String {
        precondition(number.isFinite, "JSON has no text for a number that is not finite")
        if number == number.rounded(), abs(number) < 0x1p53 { return String(Int64(number)) }
        return number.description
    }

    private static func quoted(_ text: String) -> String {
        "\"" + JSONEscaping.inQuotes(text) + "\""
    }
}
