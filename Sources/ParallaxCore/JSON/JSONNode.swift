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
