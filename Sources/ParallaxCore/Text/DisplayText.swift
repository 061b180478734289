/// What strangers write (identities, paths, keys, replies, log lines), made fit for a terminal, a log or a message: whatever
/// could move the cursor, colour the terminal, turn the line around or hide is visible.
///
/// `\u{..}` as in Swift, so that `\u{1b}[2J` can be told from an escape sequence, and a backslash from an escape.
package enum DisplayText {
    /// The text on one line.
    package static func line(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { $0 == "\\" || isUnsafe($0) }) else { return text }
        return escaped(text.unicodeScalars, marks: ["\\"])
    }

    /// A text of several lines that is our own but quotes strangers: line ends stay, backslashes too.
    package static func lines(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false)
            .map { escaped($0.unicodeScalars, marks: []) }.joined(separator: "\n")
    }

    /// The text on one line in quotes, cut to a length.
    package static func quoted(_ text: some StringProtocol, maximumScalars: Int = 80) -> String {
        let kept = escaped(text.unicodeScalars.prefix(maximumScalars), marks: ["\"", "\\"])
        let isCut = text.unicodeScalars.dropFirst(maximumScalars).first != nil
        return "\"" + kept + (isCut ? "…" : "") + "\""
    }

    /// The beginning of what another program says, with a space for each character that is unsafe.
    package static func plain(_ text: String, maximumScalars: Int = 200) -> String {
        String(text.unicodeScalars.prefix(maximumScalars).map { isUnsafe($0) ? " " : Character($0) })
    }

    private static func escaped(_ scalars: some Sequence<Unicode.Scalar>, marks: [Unicode.Scalar]) -> String {
        var text = String.UnicodeScalarView()
        for scalar in scalars {
            if isUnsafe(scalar) {
                text.append(contentsOf: "\\u{\(String(scalar.value, radix: 16))}".unicodeScalars)
            } else {
                if marks.contains(scalar) { text.append("\\") }
                text.append(scalar)
            }
        }
        return String(text)
    }

    /// Whether a terminal could obey or hide it.
    static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return scalar.value < 0x20 || scalar.value == 0x7f }
        return switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: true
        default: false
        }
    }
}

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
