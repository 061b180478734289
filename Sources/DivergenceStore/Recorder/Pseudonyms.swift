import Crypto
import Foundation
package import ParallaxCore

/// Stores pseudonyms instead of identifiers: the same under the same key, and without the key no one can tell whose.
///
/// A pseudonym is `~` and 80 bits in hexadecimal of HMAC-SHA-256 over organization and identifier, so that tenants who both
/// have a user of one name share none. Two identities of a million share one once in a trillion keys. Organizations stay.
package struct Pseudonyms: Sendable {
    private static let digits = 20

    /// Keyed once: what a key costs to set up would be as much again for every name.
    private let keyed: HMAC<SHA256>

    package init(key: PseudonymKey) {
        keyed = HMAC(key: key.symmetricKey)
    }

    /// The identity under its pseudonym.
    package func rename(_ identity: Identity) -> Identity {
        let pseudonym = pseudonym(organization: identity.organization, identifier: identity.identifier)
        guard let renamed = try? Identity(organization: identity.organization, identifier: pseudonym) else {
            preconditionFailure("a pseudonym is neither empty nor long")
        }
        return renamed
    }

    func pseudonym(organization: String, identifier: String) -> String {
        var code = keyed
        // The length first: no two pairs make the same bytes.
        withUnsafeBytes(of: UInt64(organization.utf8.count).bigEndian) { code.update(data: $0) }
        code.update(data: Array(organization.utf8))
        code.update(data: Array(identifier.utf8))
        return "~" + Hexadecimal.encode(code.finalize()).prefix(Self.digits)
    }
}

/// The secret that pseudonyms are made with. With it, one can find the identity of a pseudonym by trying names.
package struct PseudonymKey: Sendable {
    /// The fewest bytes of a key: as many as the hash has.
    package static let minimumBytes = 32
    /// More than any key, and little enough to be read at once.
    private static let maximumBytes = 64 << 10

    let symmetricKey: SymmetricKey

    /// A key drawn again, which no one else has or will have.
    package init() {
        symmetricKey = SymmetricKey(size: .bits256)
    }

    /// Reads a key from a file, of which every byte counts, a line end too.
    ///
    /// - Throws: ``PseudonymKeyError`` naming the file, and nothing of what it holds.
    package init(file path: String) throws(PseudonymKeyError) {
        let file: RegularFile
        do {
            file = try RegularFile(path, maximumBytes: Self.maximumBytes)
        } catch {
            switch error {
            case .unreadable: throw .unreadable(path: path)
            case .notRegular: throw .notRegular(path: path)
            case .tooLong: throw .tooLong(path: path)
            }
        }
        guard file.permissions & S_IRWXO == 0 else { throw .open(path: path) }
        guard file.content.count >= Self.minimumBytes else { throw .tooShort(path: path) }
        symmetricKey = SymmetricKey(data: file.content)
    }
}

extension PseudonymKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "(hidden)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// Why a file gives no key. No message holds any of its content; the code that prints a message escapes the path.
package enum PseudonymKeyError: Error, Equatable {
    case unreadable(path: String)
    /// A pipe or a device. The key is read more than once, which a pipe does not allow.
    case notRegular(path: String)
    /// All users of the machine may read or write it.
    case open(path: String)
    case tooShort(path: String)
    case tooLong(path: String)

    package var path: String {
        switch self {
        case .unreadable(let path), .notRegular(let path), .open(let path), .tooShort(let path), .tooLong(let path):
            path
        }
    }

    /// What is wrong, to stand after the file's name.
    package var problem: String {
        switch self {
        case .unreadable: "cannot be read"
        case .notRegular: "is not a regular file"
        case .open: "is readable by all users of the machine"
        case .tooShort: "holds fewer than \(PseudonymKey.minimumBytes) bytes"
        case .tooLong: "holds more than 64 KiB"
        }
    }

    /// What the operator has to do.
    package var remedy: String {
        switch self {
        case .unreadable: "correct the path, or let the service's user read the file"
        case .open: "remove the rights of others: chmod o= FILE"
        case .notRegular, .tooShort, .tooLong: "make one with: openssl rand -out FILE 32"
        }
    }
}

/// What the identifiers of one batch are stored as: themselves, or pseudonyms, each made once.
struct StoredIdentifiers {
    private struct Key: Hashable {
        let organization: ExactText
        let identifier: ExactText
    }

    private let pseudonyms: Pseudonyms?
    private var known: [Key: ExactText] = [:]

    init(_ pseudonyms: Pseudonyms?) {
        self.pseudonyms = pseudonyms
    }

    mutating func name(organization: ExactText, identifier: ExactText) -> ExactText {
        // Empty for all identities beyond a bound together: no one's.
        guard let pseudonyms, identifier != .empty else { return identifier }
        let key = Key(organization: organization, identifier: identifier)
        if let name = known[key] { return name }
        let name = ExactText(pseudonyms.pseudonym(organization: organization.text, identifier: identifier.text))
        known[key] = name
        return name
    }
}
