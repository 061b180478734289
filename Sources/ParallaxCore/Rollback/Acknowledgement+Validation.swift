extension Acknowledgement {
    /// The longest name or reason, in bytes of UTF-8.
    package static let maximumBytes = OneLineText.maximumBytes

    /// Makes an acknowledgement of what a person sent.
    ///
    /// - Throws: ``RollbackLatchError`` naming the part that is empty, too long or not one line of text.
    package init(validating by: String, reason: String, time: Timestamp) throws(RollbackLatchError) {
        try Acknowledgement.check(by, part: "name")
        try Acknowledgement.check(reason, part: "reason")
        self.init(time: time, by: by, reason: reason)
    }

    private static func check(_ text: String, part: String) throws(RollbackLatchError) {
        switch OneLineText.problem(in: text) {
        case nil: return
        case .empty: throw .empty(part: part)
        case .tooLong(let bytes): throw .tooLong(part: part, bytes: bytes)
        case .controlCharacters: throw .controlCharacters(part: part)
        }
    }
}
