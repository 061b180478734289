/// What strangers write (identities, paths, log lines) is shown with everything visible that could move the cursor,
/// colour the terminal, reorder the line or hide.
extension String {
    /// The string on one line, with control, format and unassigned characters, line separators and backslashes escaped.
    ///
    /// `\u{..}` as in Swift, so that `\u{1b}[2J` can be told from an escape sequence, and a backslash from an escape.
    var escapedForTerminal: String {
        guard unicodeScalars.contains(where: \.isUnsafeOnTerminal) else { return self }
        var text = ""
        for scalar in unicodeScalars {
            if scalar == "\\" {
                text += "\\\\"
            } else if scalar.isUnsafeOnTerminal {
                text += "\\u{\(String(scalar.value, radix: 16))}"
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
        return text
    }

    /// The same, for texts of several lines that are our own but quote strangers: line ends stay, backslashes too.
    var escapedKeepingLines: String {
        split(separator: "\n", omittingEmptySubsequences: false).map { line in
            String(line).unicodeScalars.map { scalar in
                scalar != "\\" && scalar.isUnsafeOnTerminal
                    ? "\\u{\(String(scalar.value, radix: 16))}" : String(Character(scalar))
            }.joined()
        }.joined(separator: "\n")
    }

    /// JSON text whose strings hold no character that a terminal could obey: those become `\uXXXX`, which means the same.
    var escapedInJSON: String {
        var text = ""
        for scalar in unicodeScalars {
            // Line ends and the quotes' own escapes are JSON's, not a string's.
            if scalar.isASCII && scalar.value != 0x7f || !scalar.isUnsafeOnTerminal {
                text.unicodeScalars.append(scalar)
            } else {
                for unit in String(Character(scalar)).utf16 {
                    let digits = String(unit, radix: 16)
                    text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                }
            }
        }
        return text
    }

    /// The first characters, with `…` for what was left out; at most `width` in all.
    func shortened(to width: Int) -> String {
        count <= width ? self : prefix(max(0, width - 1)) + "…"
    }

    /// Filled with spaces to a width.
    func padded(to width: Int, alignedRight: Bool = false) -> String {
        let fill = String(repeating: " ", count: max(0, width - count))
        return alignedRight ? fill + self : self + fill
    }
}

extension Unicode.Scalar {
    /// Whether a terminal could obey or hide it, or it is the backslash that marks those.
    fileprivate var isUnsafeOnTerminal: Bool {
        if isASCII { return value < 0x20 || value == 0x7f || self == "\\" }
        return switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: true
        default: false
        }
    }
}
