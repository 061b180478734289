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

/// One value of a JSON text, and the bytes at which it stands.
package struct JSONNode: Equatable, Sendable {
    package enum Value: Equatable, Sendable {
        case object([JSONMember])
        /// What an array holds is checked and skipped: nothing here looks into one.
        case array
        case string(String)
        /// Infinite if the text names a number that no `Double` holds.
        case number(Double)
        case boolean(Bool)
        case null
    }

    package let value: Value
    /// From the first byte of the value to the one after its last.
    package let span: Range<Int>

    /// An object's members in the text's order, duplicates included; `nil` if this is not an object.
    package var members: [JSONMember]? {
        if case .object(let members) = value { members } else { nil }
    }

    package var string: String? {
        if case .string(let text) = value { text } else { nil }
    }

    /// The member of that name, the last if there are several, as most JSON readers take it.
    package subscript(key: String) -> JSONNode? {
        members?.last { $0.isNamed(key) }?.value
    }

    /// A key that occurs more than once; `nil` if all are different.
    package var duplicateKey: String? {
        var seen: Set<[UInt8]> = []
        for member in members ?? [] where !seen.insert(Array(member.key.utf8)).inserted { return member.key }
        return nil
    }
}

extension JSONNode {
    /// The one value that a text holds.
    init(parsing bytes: [UInt8]) throws(JSONError) {
        do {
            self = try bytes.withUnsafeBufferPointer { (buffer) throws(JSONFault) in
                var scanner = JSONScanner(buffer)
                try scanner.begin()
                let node = try JSONNode(from: &scanner)
                try scanner.end()
                return node
            }
        } catch {
            throw JSONError(error, in: bytes)
        }
    }

    fileprivate init(from scanner: inout JSONScanner) throws(JSONFault) {
        let start = scanner.position
        if try scanner.open(.object) {
            var members: [JSONMember] = []
            while try scanner.more(in: .object) { members.append(try JSONMember(from: &scanner)) }
            value = .object(members)
        } else {
            switch try scanner.value() {
            case .string(let text): value = .string(try scanner.string(of: text))
            case .number(let number): value = .number(scanner.double(of: number))
            case .boolean(let isTrue): value = .boolean(isTrue)
            case .null: value = .null
            case .list, .object: value = .array
            }
        }
        span = start..<scanner.position
    }
}

/// A key and its value in an object.
package struct JSONMember: Equatable, Sendable {
    /// The key with its escapes resolved.
    package let key: String
    /// Where the key stands, its quotes included.
    package let keySpan: Range<Int>
    package let value: JSONNode

    /// Whether the key is this one, byte for byte: Swift's own equality also equates canonically equivalent spellings.
    package func isNamed(_ name: String) -> Bool {
        key.utf8.elementsEqual(name.utf8)
    }

    fileprivate init(from scanner: inout JSONScanner) throws(JSONFault) {
        let text = try scanner.key()
        key = try scanner.string(of: text)
        keySpan = text.span.lowerBound - 1..<text.span.upperBound + 1
        value = try JSONNode(from: &scanner)
    }
}

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
