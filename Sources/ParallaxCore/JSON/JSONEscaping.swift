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
