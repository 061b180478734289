import Foundation

/// A file that holds nothing but the password for Redis, as secret stores mount them.
package struct PasswordFile: Sendable {
    /// More than any password, and little enough to be read at once.
    private static let maximumBytes = 64 << 10

    let password: String

    /// Reads the file; one line end after the password does not belong to it, blanks do.
    ///
    /// - Throws: ``PasswordFileError`` naming the file, and nothing of what it holds.
    package init(path: String) throws(PasswordFileError) {
        guard let file = FileHandle(forReadingAtPath: path), let data = try? file.read(upToCount: Self.maximumBytes + 1)
        else {
            // A file of no bytes is read as none.
            throw Self.isReadable(path) ? .empty(path: path) : .unreadable(path: path)
        }
        guard data.count <= Self.maximumBytes, let text = String(validating: data, as: UTF8.self) else {
            throw .notText(path: path)
        }
        // In Swift a carriage return and a line feed are one character.
        let password = text.last?.isNewline == true ? String(text.dropLast()) : text
        guard !password.isEmpty else { throw .empty(path: path) }
        guard !password.contains(where: \.isNewline) else { throw .severalLines(path: path) }
        self.password = password
    }

    private static func isReadable(_ path: String) -> Bool {
        var isDirectory: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && !isDirectory.boolValue
            && FileManager.default.isReadableFile(atPath: path)
    }
}

extension PasswordFile: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "(hidden)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// Why a file gives no password. No message holds any of its content.
package enum PasswordFileError: Error, Equatable, CustomStringConvertible {
    case unreadable(path: String)
    case notText(path: String)
    case empty(path: String)
    case severalLines(path: String)

    package var description: String {
        switch self {
        case .unreadable(let path): "the password file \(Self.quoted(path)) cannot be read"
        case .notText(let path): "the password file \(Self.quoted(path)) holds no text in UTF-8 of at most 64 KiB"
        case .empty(let path): "the password file \(Self.quoted(path)) is empty"
        case .severalLines(let path): "the password file \(Self.quoted(path)) holds more than one line"
        }
    }

    /// What is to be done, for whoever wrote the settings.
    package var remedy: String {
        switch self {
        case .unreadable: "correct the path, or let the service's user read the file"
        case .notText, .empty, .severalLines: "write the password into it, on one line"
        }
    }

    /// A path as a log line may hold it.
    private static func quoted(_ path: String) -> String { "\"\(RedisError.printable(path))\"" }
}
