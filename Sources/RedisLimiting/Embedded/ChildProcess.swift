import Glibc

/// Starts programs by `posix_spawn`.
package enum ChildProcess {
    /// `POSIX_SPAWN_SETSID`, which glibc shows only to C programs that ask for its extensions.
    private static let newSession: Int16 = 0x80

    /// Starts a program in a session of its own, with the environment of this process.
    ///
    /// - Parameters:
    ///   - words: The program's arguments, its name first.
    ///   - standardInput: The descriptor that becomes its standard input; `nil` leaves it as it is.
    ///   - standardOutput: The descriptor that becomes its standard output; `nil` leaves it as it is.
    /// - Throws: ``EmbeddedRedisError`` with `noProcess` if the system refuses.
    package static func spawn(
        _ path: String, _ words: [String], standardInput: CInt? = nil, standardOutput: CInt? = nil
    ) throws(EmbeddedRedisError) -> Int32 {
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        posix_spawnattr_setflags(
            &attributes, ChildProcess.newSession | Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        // Threads of this process may block or ignore signals that the program waits for, such as a child's end.
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        if let standardInput { posix_spawn_file_actions_adddup2(&actions, standardInput, 0) }
        if let standardOutput { posix_spawn_file_actions_adddup2(&actions, standardOutput, 1) }
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var process: Int32 = 0
        let failure = posix_spawn(&process, path, &actions, &attributes, &arguments, environ)
        guard failure == 0 else {
            throw EmbeddedRedisError(.noProcess, "\(path) could not be started: \(String(cString: strerror(failure)))")
        }
        return process
    }
}
