/// The white space that a JSON text is written with, so that what is added to it looks like the rest.
package struct JSONLayout: Equatable, Sendable {
    /// What ends a line; `nil` if all stands on one.
    package let newline: String?
    /// What one level is indented by.
    package let indentation: String
    /// The colon between key and value with its white space.
    package let colon: String
    /// The comma between members with what follows it on the same line.
    package let comma: String

    package static let compact = JSONLayout(newline: nil, indentation: "", colon: ":", comma: ",")
    package static let pretty = JSONLayout(newline: "\n", indentation: "  ", colon: ": ", comma: ",")

    package func lineBreak(depth: Int) -> String {
        newline.map { $0 + String(repeating: indentation, count: depth) } ?? ""
    }
}

extension JSONLayout {
    /// The layout that a text's outermost object shows by its first member.
    package init(of root: JSONNode, in bytes: [UInt8]) {
        guard let first = root.members?.first else {
            self = .pretty
            return
        }
        let lead = String(decoding: bytes[(root.span.lowerBound + 1)..<first.keySpan.lowerBound], as: UTF8.self)
        let colon = String(decoding: bytes[first.keySpan.upperBound..<first.value.span.lowerBound], as: UTF8.self)
        if let lineStart = lead.utf8.lastIndex(of: 0x0a) {
            self.init(
                newline: lead.utf8.contains(0x0d) ? "\r\n" : "\n",
                indentation: String(decoding: lead.utf8[lead.utf8.index(after: lineStart)...], as: UTF8.self),
                colon: colon, comma: ",")
        } else {
            self.init(newline: nil, indentation: "", colon: colon, comma: colon.utf8.last == 0x3a ? "," : ", ")
        }
    }
}
