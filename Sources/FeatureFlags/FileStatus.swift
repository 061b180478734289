// To the compiler `stat` belongs to this module or to Glibc, depending on what is compiled next to it.
import CDispatch
import Glibc
import ParallaxCore

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
