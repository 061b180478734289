import ParallaxCore

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

extension RedisURL {
    package var hasPassword: Bool { password != nil }

    /// The same address, logging in with the password of a file.
    ///
    /// - Throws: ``RedisError`` with `configuration` if the address has a password already: one of the two is outdated.
    package func authenticated(by file: PasswordFile) throws(RedisError) -> RedisURL {
        guard !hasPassword else {
            throw RedisError(
                .configuration,
                "both the Redis URL and a password file hold a password; remove one of the two")
        }
        return RedisURL(
            endpoint: endpoint, usesTLS: usesTLS, user: user, secret: Replaceable(file.password), database: database,
            deployment: deployment)
    }

    /// Whether a file holds the password that new connections log in with.
    package func isAuthenticated(by file: PasswordFile) -> Bool { password == file.password }

    /// Lets the next connections log in with another password; those that stand keep standing.
    ///
    /// - Precondition: The address is authenticated by a file.
    package func replacePassword(by file: PasswordFile) {
        guard let secret else { preconditionFailure("an address without a password has none to replace") }
        secret.replace(with: file.password)
    }
}
