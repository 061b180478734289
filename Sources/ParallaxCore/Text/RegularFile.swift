// To the compiler `stat` belongs to one or the other, depending on what is compiled together.
import CDispatch
import Glibc

/// The content of a file that settings name, read without waiting for another program.
///
/// Opening a named pipe to read would wait until a program writes into it, and what it gives can be read only once.
package struct RegularFile: Sendable {
    package enum Failure: Error {
        /// There is no such file, it is a folder, or this user may not read it.
        case unreadable
        /// A pipe or a device.
        case notRegular
        /// It has more bytes than the bound.
        case tooLong
    }

    package let content: [UInt8]
    /// As `chmod` takes them.
    package let permissions: UInt32

    /// - Parameter maximumBytes: 16 MiB without it, which is more than settings and certificates need.
    package init(_ path: String, maximumBytes: Int = 16 << 20) throws(Failure) {
        let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { throw .unreadable }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT != S_IFDIR else { throw .unreadable }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .notRegular }
        permissions = UInt32(status.st_mode & 0o7777)
        var content: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(descriptor, &chunk, chunk.count)
            guard count >= 0 || errno == EINTR else { throw .unreadable }
            if count == 0 { break }
            content += chunk.prefix(max(0, count))
            guard content.count <= maximumBytes else { throw .tooLong }
        }
        self.content = content
    }
}
