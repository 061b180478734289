// To the compiler `stat` belongs to this module or to Glibc, depending on what is compiled next to it.
import CDispatch
import Glibc
import ParallaxCore

/// An open file of the operating system, closed at the end of its life.
struct OpenFile: ~Copyable {
    private let descriptor: CInt

    init(_ path: String, _ flags: CInt, permissions: mode_t = 0) throws(SystemCallError) {
        descriptor = try OpenFile.retrying { open(path, flags | O_CLOEXEC, permissions) }
    }

    deinit {
        close(descriptor)
    }

    func status() throws(SystemCallError) -> FileStatus {
        let descriptor = descriptor
        guard let status = FileStatus({ fstat(descriptor, $0) }) else { throw .last }
        return status
    }

    /// The content up to a number of bytes.
    func read(atMost limit: Int) throws(SystemCallError) -> [UInt8] {
        var content: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: min(limit, 1 << 16))
        while content.count < limit {
            let wanted = min(chunk.count, limit - content.count)
            let count = try OpenFile.retrying { Glibc.read(descriptor, &chunk, wanted) }
            if count == 0 { break }
            content += chunk[..<count]
        }
        return content
    }

    func write(_ content: [UInt8]) throws(SystemCallError) {
        var rest = content[...]
        while !rest.isEmpty {
            let count = try OpenFile.retrying {
                rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            }
            rest = rest.dropFirst(count)
        }
    }

    /// Gives the file the owner and the permissions of another.
    func adopt(_ status: FileStatus) throws(SystemCallError) {
        // Only root may give files away. For anyone else the file stays their own, as with any editor that renames.
        _ = fchown(descriptor, status.owner, status.group)
        guard fchmod(descriptor, status.permissions) == 0 else { throw .last }
    }

    func setModificationTime(nanoseconds: Int64) throws(SystemCallError) {
        let (seconds, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        let time = timespec(tv_sec: Int(seconds), tv_nsec: Int(rest))
        guard futimens(descriptor, [time, time]) == 0 else { throw .last }
    }

    func synchronize() throws(SystemCallError) {
        guard fsync(descriptor) == 0 else { throw .last }
    }

    /// Takes the advisory lock that all who ask for it share.
    ///
    /// - Returns: Whether it was free.
    func tryLock() -> Bool {
        flock(descriptor, LOCK_EX | LOCK_NB) == 0
    }

    func unlock() {
        _ = flock(descriptor, LOCK_UN)
    }

    private static func retrying<Count: SignedInteger>(_ call: () -> Count) throws(SystemCallError) -> Count {
        while true {
            let result = call()
            if result >= 0 { return result }
            if errno != EINTR { throw .last }
        }
    }
}

/// What the operating system says of a file.
struct FileStatus: Equatable, Sendable {
    let isRegular: Bool
    let bytes: Int
    /// Nanoseconds since the Unix epoch, as fine as the file system keeps them.
    let modificationTime: Int64
    let permissions: mode_t
    let owner: uid_t
    let group: gid_t

    init(_ status: stat) {
        isRegular = status.st_mode & S_IFMT == S_IFREG
        bytes = Int(status.st_size)
        modificationTime = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
        permissions = status.st_mode & 0o7777
        owner = status.st_uid
        group = status.st_gid
    }

    /// What a system call says; `nil` if it fails, with the reason in `errno`.
    ///
    /// The memory is for the call to fill. `stat()` would fill it with zeros first, and belongs to whichever C module the
    /// compiler happened to read first.
    init?(_ call: (UnsafeMutablePointer<stat>) -> CInt) {
        let status = withUnsafeTemporaryAllocation(of: stat.self, capacity: 1) { buffer -> FileStatus? in
            guard let status = buffer.baseAddress, call(status) == 0 else { return nil }
            return FileStatus(status.pointee)
        }
        guard let status else { return nil }
        self = status
    }

    /// The file's status behind symbolic links; `nil` if there is none.
    init?(at path: String) {
        self.init { stat(path, $0) }
    }
}
