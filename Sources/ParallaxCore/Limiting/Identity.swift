/// Who is limited: an organization and an identifier within it.
///
/// Two identities are the same when their UTF-8 bytes are. Swift's own `String` equality also equates
/// canonically equivalent spellings ("é" in one scalar or in two), which a Redis key keeps apart.
package struct Identity: Sendable {
    /// The organization of callers that name none.
    package static let globalOrganization = "global"
    /// The longest organization or identifier, in bytes of UTF-8.
    package static let maximumBytes = 256

    /// The tenant; `global` when none was named.
    package let organization: String
    /// The API key, user or client address; never empty.
    package let identifier: String
    /// A hash of the bytes under a key that each process draws again, so that no stranger can aim at a table's slots.
    ///
    /// Kept, since a decision looks the identity up in several tables.
    package let hash: Int

    /// Makes an identity from what a caller sent.
    ///
    /// - Parameters:
    ///   - organization: The tenant; `nil` and the empty string mean `global`.
    ///   - identifier: From 1 to 256 bytes of UTF-8.
    /// - Throws: ``IdentityError`` naming the part at fault.
    package init(organization: String? = nil, identifier: String) throws(IdentityError) {
        var organization = organization ?? ""
        if organization.isEmpty { organization = Identity.globalOrganization }
        guard !identifier.isEmpty else { throw .emptyIdentifier }
        guard identifier.utf8.count <= Identity.maximumBytes else {
            throw .tooLong(part: "identifier", bytes: identifier.utf8.count)
        }
        guard organization.utf8.count <= Identity.maximumBytes else {
            throw .tooLong(part: "organization", bytes: organization.utf8.count)
        }
        self.init(organization: organization, checked: identifier)
    }

    private init(organization: String, checked identifier: String) {
        self.organization = organization
        self.identifier = identifier
        var hasher = Hasher()
        Identity.hash(utf8Of: organization, into: &hasher)
        Identity.hash(utf8Of: identifier, into: &hasher)
        hash = hasher.finalize()
    }

    /// What stands where an identity was forgotten; no caller can be it.
    static let placeholder = Identity(organization: "", checked: "")

    /// Bytes on the heap.
    var heapBytes: Int { HeapBytes.string(organization) + HeapBytes.string(identifier) }
}

extension Identity: Hashable {
    package static func == (left: Identity, right: Identity) -> Bool {
        guard left.hash == right.hash else { return false }
        if isStoredAlike(left.identifier, right.identifier), isStoredAlike(left.organization, right.organization) {
            return true
        }
        return left.identifier.utf8.elementsEqual(right.identifier.utf8)
            && left.organization.utf8.elementsEqual(right.organization.utf8)
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(hash) }

    /// Whether two strings are one and the same: short ones hold their bytes in themselves, long ones share a buffer.
    /// Strings with the same bytes may also be stored differently.
    private static func isStoredAlike(_ left: String, _ right: String) -> Bool {
        unsafeBitCast(left, to: SIMD2<UInt64>.self) == unsafeBitCast(right, to: SIMD2<UInt64>.self)
    }

    /// Feeds the bytes and their count, so that no two pairs of parts feed the same sequence.
    private static func hash(utf8Of part: String, into hasher: inout Hasher) {
        var part = part
        part.withUTF8 { bytes in
            hasher.combine(bytes.count)
            hasher.combine(bytes: UnsafeRawBufferPointer(bytes))
        }
    }
}

/// Why a pair of organization and identifier is not an identity. The remedy is the caller's.
package enum IdentityError: Error, Equatable, CustomStringConvertible {
    case emptyIdentifier
    case tooLong(part: String, bytes: Int)

    package var description: String {
        switch self {
        case .emptyIdentifier:
            "the identifier is empty; send who is to be limited, such as an API key or a client address"
        case .tooLong(let part, let bytes):
            "the \(part) has \(bytes) bytes; at most \(Identity.maximumBytes) are allowed"
        }
    }
}

/// Whose units are forgotten by a reset.
package enum ResetScope: Hashable, Sendable {
    case identity(Identity)
    /// Every identity of an organization.
    case organization(String)
    case everything

    package func contains(_ identity: Identity) -> Bool {
        switch self {
        case .identity(let one): one == identity
        case .organization(let name): name.utf8.elementsEqual(identity.organization.utf8)
        case .everything: true
        }
    }
}
