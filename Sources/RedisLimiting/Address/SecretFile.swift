// To the compiler `stat` belongs to this module or to Glibc, depending on what is compiled next to it.
import ParallaxCore
import CDispatch
import Foundation
import Glibc
import ParallaxCore

/// The one reader of files that hold a secret as text: passwords and tokens, of the service and of the commands.
package enum SecretFile {
    /// What a secret may hold.
    package enum Form: Sendable {
        /// One line of UTF-8. A line end after it does not belong to it; blanks do.
        case line
        /// Printable ASCII, as fits into a header. Blanks and line ends around it do not belong to it.
        case token
    }

    /// More than any secret, and little enough to be read at once.
    package static let maximumBytes = 64 << 10

    /// Reads a secret.
    ///
    /// - Throws: ``SecretFileError`` naming the file, and nothing of what it holds.
    package static func read(_ path: String, as form: Form, minimumBytes: Int = 1) throws(SecretFileError) -> String {
        let file: RegularFile
        do {
            file = try RegularFile(path, maximumBytes: maximumBytes)
        } catch {
            switch error {
            case .unreadable: throw .unreadable(path: path)
            case .notRegular: throw .notRegular(path: path)
            case .tooLong: throw .notText(path: path)
            }
        }
        guard file.permissions & S_IWOTH == 0 else { throw .writableByOthers(path: path) }
        guard let text = String(validating: file.content, as: UTF8.self) else { throw .notText(path: path) }
        let secret: String
        switch form {
        case .line:
            // In Swift a carriage return and a line feed are one character.
            secret = text.last?.isNewline == true ? String(text.dropLast()) : text
            if secret.contains(where: \.isNewline) { throw .severalLines(path: path) }
        case .token:
            secret = text.trimmingCharacters(in: .whitespacesAndNewlines)
            // Anything else could end the header and begin another.
            guard secret.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else { throw .notPrintable(path: path) }
        }
        guard !secret.isEmpty || minimumBytes > 1 else { throw .empty(path: path) }
        guard secret.utf8.count >= minimumBytes else { throw .tooShort(path: path, minimumBytes: minimumBytes) }
        return secret
    }

    /// Whether all users of the machine may read a file: a risk, and how Docker and Kubernetes mount secrets.
    package static func isReadableByOthers(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IROTH != 0
    }
}

/// Why a file gives no secret. No message holds any of its content.
package enum SecretFileError: Error, Equatable, CustomStringConvertible {
    case unreadable(path: String)
    /// A pipe or a device. A secret is read more than once, which a pipe does not allow.
    case notRegular(path: String)
    /// All users of the machine can write another secret there.
    case writableByOthers(path: String)
    case notText(path: String)
    case empty(path: String)
    case severalLines(path: String)
    case notPrintable(path: String)
    case tooShort(path: String, minimumBytes: Int)

    package var description: String {
        switch self {
        case .unreadable(let path): "the file \(Self.quoted(path)) cannot be read"
        case .notRegular(let path): "\(Self.quoted(path)) is not a regular file"
        case .writableByOthers(let path): "the file \(Self.quoted(path)) is writable by all users of the machine"
        case .notText(let path): "the file \(Self.quoted(path)) does not hold UTF-8 text of at most 64 KiB"
        case .empty(let path): "the file \(Self.quoted(path)) is empty"
        case .severalLines(let path): "the file \(Self.quoted(path)) holds more than one line"
        case .notPrintable(let path):
            "the file \(Self.quoted(path)) must hold one line of printable ASCII without spaces"
        case .tooShort(let path, let minimumBytes):
            "the file \(Self.quoted(path)) holds fewer than \(minimumBytes) bytes"
        }
    }

    /// What the operator has to do.
    package var remedy: String {
        switch self {
        case .unreadable: "correct the path, or let the service's user read the file"
        case .notRegular: "write the secret into a file, and name that"
        case .writableByOthers: "remove the rights of others: chmod o= FILE"
        case .notText, .empty, .severalLines, .notPrintable: "write the secret into it, on one line"
        case .tooShort(_, let minimumBytes): "write a secret of \(minimumBytes) bytes or more into it"
        }
    }

    /// A path as a log line may hold it.
    private static func quoted(_ path: String) -> String { DisplayText.quoted(path, maximumScalars: 200) }
}
