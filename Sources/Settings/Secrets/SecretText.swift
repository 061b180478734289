/// A text that must not be shown, such as an address that holds a password: printing it prints a placeholder.
package struct SecretText: Equatable, Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    /// The text itself. Never put it into a log line, an error or an answer.
    package let revealed: String

    package init(_ revealed: String) {
        self.revealed = revealed
    }

    package var description: String { "(hidden)" }
    package var debugDescription: String { description }
}

extension SecretText: CustomReflectable {
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}
