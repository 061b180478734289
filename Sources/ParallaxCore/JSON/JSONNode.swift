/// One value of a JSON text, and the bytes at which it stands.
package struct JSONNode: Equatable, Sendable {
    package enum Value: Equatable, Sendable {
        case object([JSONMember])
        /// What an array holds is checked and skipped: nothing here looks into one.
        case array
        case string(String)
        /// Infinite where the text names a number that no `Double` holds.
        case number(Double)
        case boolean(Bool)
        case null
    }

    package let value: Value
    /// From the first byte of the value to the one after its last.
    package let span: Range<Int>

    /// An object's members in the text's order, duplicates included; `nil` where this is no object.
    package var members: [JSONMember]? {
        if case .object(let members) = value { members } else { nil }
    }

    package var string: String? {
        if case .string(let text) = value { text } else { nil }
    }

    /// The member of that name, the last where there are several, as most JSON readers take it.
    package subscript(key: String) -> JSONNode? {
        members?.last { $0.isNamed(key) }?.value
    }

    /// A key that occurs more than once; `nil` where all are different.
    package var duplicateKey: String? {
        var seen: Set<[UInt8]> = []
        for member in members ?? [] where !seen.insert(Array(member.key.utf8)).inserted { return member.key }
        return nil
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
}
