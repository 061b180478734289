extension RedisURL {
    package var hasPassword: Bool { password != nil }

    /// The same address, logging in with the password of a file.
    ///
    /// - Throws: ``RedisError`` with `configuration` where the address has a password already: one of the two is outdated.
    package func authenticated(by file: PasswordFile) throws(RedisError) -> RedisURL {
        guard !hasPassword else {
            throw RedisError(
                .configuration,
                "both the Redis URL and a password file hold a password; take one of the two out")
        }
        return RedisURL(
            endpoint: endpoint, usesTLS: usesTLS, user: user, password: file.password, database: database,
            deployment: deployment)
    }
}
