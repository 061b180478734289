/// A JSON text that can be edited without touching any byte but those of the edited value.
package struct JSONDocument: Equatable, Sendable {
    /// One mebibyte: a flag file is a few hundred bytes, and is read several times a second.
    package static let maximumBytes = 1 << 20

    package private(set) var bytes: [UInt8]
    package private(set) var root: JSONNode

    package init(parsing bytes: [UInt8]) throws(JSONError) {
        guard bytes.count <= JSONDocument.maximumBytes else { throw .tooLarge(bytes: bytes.count) }
        guard String(validating: bytes, as: UTF8.self) != nil else { throw .notUTF8 }
        self.bytes = bytes
        root = try JSONNode(parsing: bytes)
    }

    /// The value at a path of keys; `nil` if there is none.
    ///
    /// - Throws: ``JSONError/ambiguous(path:)`` or ``JSONError/notAnObject(path:)``: what reading may resolve, editing
    ///   may not.
    package func node(at path: [String]) throws(JSONError) -> JSONNode? {
        var node = root
        for index in path.indices {
            guard let next = try member(path[index], of: node, at: path[..<index]) else { return nil }
            node = next
        }
        return node
    }

    /// Sets the value at a path of keys, adding the objects that are missing on the way.
    package mutating func set(_ value: JSONValue, at path: [String]) throws(JSONError) {
        let layout = JSONLayout(of: root, in: bytes)
        var node = root
        for index in path.indices {
            guard let next = try member(path[index], of: node, at: path[..<index]) else {
                let missing = path[(index + 1)...].reversed().reduce(value) { .object([.init($1, $0)]) }
                return try insert(.init(path[index], missing), into: node, depth: index, layout: layout)
            }
            node = next
        }
        try replace(node.span, with: value.text(layout: layout, depth: path.count))
    }

    private func member(_ key: String, of node: JSONNode, at path: ArraySlice<String>) throws(JSONError) -> JSONNode? {
        guard let members = node.members else { throw .notAnObject(path: Array(path)) }
        guard members.count(where: { $0.isNamed(key) }) <= 1 else { throw .ambiguous(path: path + [key]) }
        return node[key]
    }

    /// Adds a member behind an object's last, set off from it as that one is from its predecessor.
    private mutating func insert(
        _ member: JSONValue.Member, into node: JSONNode, depth: Int, layout: JSONLayout
    ) throws(JSONError) {
        guard let members = node.members, let last = members.last else {
            return try replace(node.span, with: JSONValue.object([member]).text(layout: layout, depth: depth))
        }
        let gap: String
        if members.count > 1 {
            gap = text(members[members.count - 2].value.span.upperBound..<last.keySpan.lowerBound)
        } else {
            let lead = text((node.span.lowerBound + 1)..<last.keySpan.lowerBound)
            gap = lead.isEmpty ? layout.comma : "," + lead
        }
        let colon = text(last.keySpan.upperBound..<last.value.span.lowerBound)
        let key = JSONValue.string(member.key).text(layout: layout)
        let end = last.value.span.upperBound
        try replace(end..<end, with: gap + key + colon + member.value.text(layout: layout, depth: depth + 1))
    }

    private mutating func replace(_ span: Range<Int>, with text: String) throws(JSONError) {
        var edited = bytes
        edited.replaceSubrange(span, with: text.utf8)
        self = try JSONDocument(parsing: edited)
    }

    private func text(_ span: Range<Int>) -> String {
        String(decoding: bytes[span], as: UTF8.self)
    }
}
