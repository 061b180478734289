extension Acknowledgement {
    /// The longest name or reason, in bytes of UTF-8.
    package static let maximumBytes = 1_000

    /// Makes an acknowledgement of what a person sent.
    ///
    /// - Throws: ``RollbackLatchError`` naming the part that is empty, too long or not one line of text.
    package init(validating by: String, reason: String, time: Timestamp) throws(RollbackLatchError) {
        try Acknowledgement.check(by, part: "name")
        try Acknowledgement.check(reason, part: "reason")
        self.init(time: time, by: by, reason: reason)
    }

    private static func check(_ text: String, part: String) throws(RollbackLatchError) {
        guard text.contains(where: { !$0.isWhitespace }) else { throw .empty(part: part) }
        guard text.utf8.count <= maximumBytes else { throw .tooLong(part: part, bytes: text.utf8.count) }
        let isOneLine = text.unicodeScalars.allSatisfy { scalar in
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator: false
            default: true
            }
        }
        guard isOneLine else { throw .controlCharacters(part: part) }
    }
}
