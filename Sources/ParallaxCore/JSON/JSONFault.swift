/// Where and why some bytes are not JSON.
package struct JSONFault: Error, Equatable, Sendable {
    package enum Reason: Equatable, Sendable {
        case empty
        case notAnObject
        case byteOrderMark
        case ended
        case trailing
        case noValue
        case noKey
        case noColon
        case noComma
        case badNumber
        case controlCharacter
        case badEscape
        case loneSurrogate
        case notUTF8
        case tooDeep
    }

    package let reason: Reason
    /// Bytes before the fault.
    package let offset: Int

    package init(reason: Reason, offset: Int) {
        self.reason = reason
        self.offset = offset
    }

    /// The reason in words.
    ///
    /// - Parameter subject: What was read, such as `the body`.
    package func explanation(of subject: String) -> String {
        switch reason {
        case .empty: "\(subject) is empty"
        case .notAnObject: "\(subject) must be a JSON object"
        case .byteOrderMark: "\(subject) starts with a byte-order mark; leave it out"
        case .ended: "\(subject) ends too early"
        case .trailing: "something follows the value"
        case .noValue: "a value is expected here"
        case .noKey: "a key in double quotes is expected here"
        case .noColon: "a colon is expected here"
        case .noComma: "a comma or the end of the object or list is expected here"
        case .badNumber: "a digit is expected here"
        case .controlCharacter: "a string holds a control character; write it as an escape"
        case .badEscape: "an escape in a string is not one of JSON's"
        case .loneSurrogate: "an unpaired surrogate in a string"
        case .notUTF8: "a string is not valid UTF-8"
        case .tooDeep: "objects and lists are nested deeper than \(JSONScanner.maximumDepth) levels"
        }
    }
}
