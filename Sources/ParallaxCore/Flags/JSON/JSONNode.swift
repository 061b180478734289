/// One value of a JSON text, and the bytes at which it stands.
struct JSONNode: Equatable, Sendable {
    enum Value: Equatable, Sendable {
        case object([JSONMember])
        /// What an array holds is checked and skipped: nothing here looks into one.
        case array
        case string(String)
        /// Infinite where the text names a number that no `Double` holds.
        case number(Double)
        case boolean(Bool)
        case null
    }

    let value: Value
    /// From the first byte of the value to the one after its last.
    let span: Range<Int>

    /// An object's members in the text's order, duplicates included; `nil` where this is no object.
    var members: [JSONMember]? {
        if case .object(let members) = value { members } else { nil }
    }

    var string: String? {
        if case .string(let text) = value { text } else { nil }
    }

    /// The member of that name, the last where there are several, as most JSON readers take it.
    subscript(key: String) -> JSONNode? {
        members?.last { $0.isNamed(key) }?.value
    }

    /// A key that occurs more than once; `nil` where all are different.
    var duplicateKey: String? {
        var seen: Set<[UInt8]> = []
        for member in members ?? [] where !seen.insert(Array(member.key.utf8)).inserted { return member.key }
        return nil
    }
}

/// A key and its value in an object.
struct JSONMember: Equatable, Sendable {
    /// The key with its escapes resolved.
    let key: String
    /// Where the key stands, its quotes included.
    let keySpan: Range<Int>
    let value: JSONNode

    /// Whether the key is this one, byte for byte: Swift's own equality also equates canonically equivalent spellings.
    func isNamed(_ name: String) -> Bool {
        key.utf8.elementsEqual(name.utf8)
    }
}
