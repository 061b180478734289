/// Where and why some bytes are no JSON.
struct JSONFault: Error, Equatable, CustomStringConvertible {
    enum Reason: String, Sendable {
        case empty = "the body is empty"
        case notAnObject = "the body must be a JSON object"
        case unexpected = "unexpected byte"
        case ended = "the body ends too early"
        case trailing = "something follows the object"
        case controlCharacter = "a control character in a string must be escaped"
        case badEscape = "an escape in a string is not one of JSON's"
        case loneSurrogate = "half of a surrogate pair stands alone"
        case notUTF8 = "a string is not in UTF-8"
        case badNumber = "a number is not in JSON's form"
        case tooDeep = "lists and objects are nested too deeply"
    }

    let reason: Reason
    /// Bytes before the fault.
    let offset: Int

    var description: String { "the body is no valid JSON: \(reason.rawValue) (byte \(offset))" }
}
