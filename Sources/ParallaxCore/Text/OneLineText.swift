/// The rule for names and reasons that people give for what they change: they are kept, and shown in lists and logs.
package enum OneLineText {
    /// The longest text, in bytes of UTF-8.
    package static let maximumBytes = 1_000

    /// What is wrong with a text.
    package enum Problem: Equatable, Sendable {
        case empty
        case tooLong(bytes: Int)
        /// It holds a line break, another control character, or one that changes how others are shown.
        case controlCharacters

        /// A sentence about the text.
        ///
        /// - Parameter part: What the text is, such as `reason`.
        package func description(of part: String) -> String {
            switch self {
            case .empty: "the \(part) is empty; it is kept with the change"
            case .tooLong(let bytes): "the \(part) has \(bytes) bytes; at most \(maximumBytes) are allowed"
            case .controlCharacters:
                "the \(part) holds control or format characters, such as a line break; leave them out"
            }
        }
    }

    /// What is wrong with a text; `nil` if it is one line that can be shown.
    package static func problem(in text: String) -> Problem? {
        guard text.contains(where: { !$0.isWhitespace }) else { return .empty }
        guard text.utf8.count <= maximumBytes else { return .tooLong(bytes: text.utf8.count) }
        return text.unicodeScalars.contains(where: isControl) ? .controlCharacters : nil
    }

    /// Whether a character ends a line, or is not seen and changes how others are shown.
    package static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }
}
