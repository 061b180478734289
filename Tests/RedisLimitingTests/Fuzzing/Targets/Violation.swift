/// Something that must hold and does not.
struct Violation: Error, CustomStringConvertible {
    let description: String
}

extension Violation {
    /// Throws unless the condition holds.
    static func unless(_ condition: Bool, _ description: @autoclosure () -> String) throws(Violation) {
        guard condition else { throw Violation(description: description()) }
    }

    /// Throws unless a text can be printed in one line.
    static func unlessOneLine(_ text: String) throws(Violation) {
        try unless(
            text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control },
            "\(text.debugDescription) holds control characters")
    }

    /// Throws unless a text can be printed in one line of a log, however long what it speaks of.
    static func unlessPrintable(_ text: String) throws(Violation) {
        try unlessOneLine(text)
        try unless(text.utf8.count < 2_000, "a message has \(text.utf8.count) bytes")
    }
}
