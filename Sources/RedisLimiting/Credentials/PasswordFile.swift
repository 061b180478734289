/// A file that holds nothing but the password for Redis, as secret stores mount them.
package struct PasswordFile: Sendable {
    let password: String

    /// Reads the file; one line end after the password does not belong to it, blanks do.
    ///
    /// - Throws: ``SecretFileError`` naming the file, and nothing of what it holds.
    package init(path: String) throws(SecretFileError) {
        password = try SecretFile.read(path, as: .line)
    }
}

extension PasswordFile: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "(hidden)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}
