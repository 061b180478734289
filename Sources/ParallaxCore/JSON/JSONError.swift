/// Why a text is not JSON, or cannot be edited as asked.
package enum JSONError: Error, Equatable, CustomStringConvertible {
    case tooLarge(bytes: Int)
    case notUTF8
    /// Line and column count from 1; the column counts bytes.
    case syntax(line: Int, column: Int, reason: String)
    /// A key on the way occurs more than once, so that an edit could change the one that others do not read.
    case ambiguous(path: [String])
    /// A value on the way is not an object, so that nothing can be put into it.
    case notAnObject(path: [String])

    init(_ fault: JSONFault, in bytes: [UInt8]) {
        let before = bytes[..<fault.offset]
        let lineStart = before.lastIndex(of: 0x0a).map { $0 + 1 } ?? 0
        self = .syntax(
            line: before.count { $0 == 0x0a } + 1, column: fault.offset - lineStart + 1,
            reason: fault.explanation(of: "the text"))
    }

    package var description: String {
        switch self {
        case .tooLarge(let bytes):
            "it has \(bytes) bytes; at most \(JSONDocument.maximumBytes) are allowed"
        case .notUTF8:
            "it is not UTF-8; save it as UTF-8"
        case .syntax(let line, let column, let reason):
            "it is not valid JSON at line \(line), column \(column): \(reason)"
        case .ambiguous(let path):
            "the key \(JSONError.text(of: path)) occurs more than once; remove all but one"
        case .notAnObject(let path):
            "the value of \(JSONError.text(of: path)) is not an object; make it one"
        }
    }

    private static func text(of path: [String]) -> String {
        path.isEmpty ? "the whole text" : path.map { DisplayText.quoted($0) }.joined(separator: " > ")
    }
}
