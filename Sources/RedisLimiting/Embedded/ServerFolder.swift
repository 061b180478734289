import Glibc

/// A fresh temporary folder, readable only by its owner, for a private server's socket.
package struct ServerFolder: Equatable, Sendable {
    package let path: String
    package var socketPath: String { path + "/redis.sock" }

    /// Makes the folder.
    ///
    /// - Throws: ``EmbeddedRedisError`` if the system does not allow it.
    package init() throws(EmbeddedRedisError) {
        let wanted = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        // The path of a Unix socket is short; a folder too deep for one gives way to /tmp.
        let parent = wanted.utf8.count > 60 || wanted.isEmpty ? "/tmp" : wanted
        var template = Array((parent + "/parallax-redis-XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else {
            throw EmbeddedRedisError(
                .noFolder, "no temporary folder could be made in \(parent): \(String(cString: strerror(errno)))")
        }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Removes the folder and what a server leaves in it; for a server that was never started.
    package func remove() {
        for name in ["redis.sock", "redis.pid", "redis.log"] { unlink(path + "/" + name) }
        rmdir(path)
    }
}
