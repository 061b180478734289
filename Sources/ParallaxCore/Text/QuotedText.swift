/// A stranger's text made fit for a message: in quotes, control characters escaped, cut to a length.
package struct QuotedText: CustomStringConvertible, Sendable {
    package let description: String

    /// - Parameter maximumScalars: How much of the text is kept.
    package init(_ text: some StringProtocol, maximumScalars: Int = 80) {
        var quoted = "\""
        for scalar in text.unicodeScalars.prefix(maximumScalars) { quoted += Self.escaped(scalar) }
        if text.unicodeScalars.dropFirst(maximumScalars).first != nil { quoted += "…" }
        description = quoted + "\""
    }

    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned:
            return "\\u{\(String(scalar.value, radix: 16))}"
        default:
            return scalar == "\"" || scalar == "\\" ? "\\\(scalar)" : String(scalar)
        }
    }
}
