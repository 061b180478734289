// To the compiler `stat` belongs to this module or to Glibc, depending on what is compiled beside it.
import CDispatch
import Glibc

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
}
