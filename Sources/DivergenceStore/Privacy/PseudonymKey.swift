import Crypto
import Foundation
import ParallaxCore

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
