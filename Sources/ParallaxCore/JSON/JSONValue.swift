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

/// The white space that a JSON text is written with, so that what is added to it looks like the rest.
package struct JSONLayout: Equatable, Sendable {
    /// What ends a line; `nil` if all stands on one.
    package let newline: String?
    /// What one level is indented by.
    package let indentation: String
    /// The colon between key and value with its white space.
    package let colon: String
    /// The comma between members with what follows it on the same line.
    package let comma: String

    package static let compact = JSONLayout(newline: nil, indentation: "", colon: ":", comma: ",")
    package static let pretty = JSONLayout(newline: "\n", indentation: "  ", colon: ": ", comma: ",")

    package func lineBreak(depth: Int) -> String {
        newline.map { $0 + String(repeating: indentation, count: depth) } ?? ""
    }
}

extension JSONLayout {
    /// The layout that a text's outermost object shows by its first member.
    package init(of root: JSONNode, in bytes: [UInt8]) {
        guard let first = root.members?.first else {
            self = .pretty
            return
        }
        let lead = String(decoding: bytes[(root.span.lowerBound + 1)..<first.keySpan.lowerBound], as: UTF8.self)
        let colon = String(decoding: bytes[first.keySpan.upperBound..<first.value.span.lowerBound], as: UTF8.self)
        if let lineStart = lead.utf8.lastIndex(of: 0x0a) {
            self.init(
                newline: lead.utf8.contains(0x0d) ? "\r\n" : "\n",
                indentation: String(decoding: lead.utf8[lead.utf8.index(after: lineStart)...], as: UTF8.self),
                colon: colon, comma: ",")
        } else {
            self.init(newline: nil, indentation: "", colon: colon, comma: colon.utf8.last == 0x3a ? "," : ", ")
        }
    }
}

/// Texts as JSON's strings (RFC 8259, 7), which hold nothing that a terminal could obey or hide.
package enum JSONEscaping {
    /// What stands between the quotes. The text itself, without a copy, if nothing in it needs an escape.
    package static func inQuotes(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy {
            $0 >= 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
        }
        return isPlain ? text : escaping(text) { escape(of: $0) }
    }

    /// JSON text as other encoders write it, with the same meaning.
    package static func text(_ text: String) -> String {
        // White space between the tokens and the escapes of strings are ASCII.
        escaping(text) { $0.isASCII && $0 != "\u{7f}" ? nil : escape(of: $0) }
    }

    private static func escaping(_ text: String, _ escape: (Unicode.Scalar) -> String?) -> String {
        var escaped = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if let escape = escape(scalar) {
                escaped.append(contentsOf: escape.unicodeScalars)
            } else {
                escaped.append(scalar)
            }
        }
        return String(escaped)
    }

    /// The escape of a character; `nil` if it needs none.
    private static func escape(of scalar: Unicode.Scalar) -> String? {
        switch scalar {
        case "\"": "\\\""
        case "\\": "\\\\"
        case "\n": "\\n"
        case "\r": "\\r"
        case "\t": "\\t"
        default: DisplayText.isUnsafe(scalar) ? UTF16.encode(scalar)!.map(hexEscape(of:)).joined() : nil
        }
    }

    private static func hexEscape(of unit: UInt16) -> String {
        let digits = String(unit, radix: 16)
        return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }
}
