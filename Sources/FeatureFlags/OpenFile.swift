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
