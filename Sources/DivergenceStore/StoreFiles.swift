import Foundation
import Synchronization

/// The files of an open database, remembered to tell whether its paths still lead to them.
///
/// SQLite goes on writing into a file that was removed or renamed, and reports no error. It does so into `-wal` and `-shm`
/// as well.
final class StoreFiles: Sendable {
    /// What happened to the files.
    enum Fault: Equatable, Sendable {
        /// No file is left under the name, or another one; what was written before is in a file with another name.
        case moved
        /// The same, and the file that was written into has no name any more: what it held is gone.
        case removed
        /// `-wal` or `-shm` was removed or replaced; the database itself is in place.
        case logRemoved
    }

    /// Which file a path leads to.
    struct FileID: Equatable, Sendable {
        private let device: dev_t
        private let inode: ino_t

        init(_ status: stat) {
            (device, inode) = (status.st_dev, status.st_ino)
        }

        /// - Returns: `nil` if there is no file.
        init?(path: String) {
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }
            self.init(status)
        }
    }

    /// `O_PATH` of Linux, which Swift does not import. A descriptor that can read would be wrong here: closing it would
    /// let go of the locks that SQLite holds on the file, since POSIX counts locks by process.
    private static let openPath: CInt = 0o10_000_000

    private let path: String
    private let descriptor: CInt
    private let database: FileID
    private let logs: [String: FileID]
    private let sharedMemory = Mutex(SharedMemory())

    private struct SharedMemory {
        /// The most bytes that `-shm` was seen to have.
        var bytes: off_t = 0
        var timesRestored = 0
    }

    /// What `-shm` may have grown by since it was seen last. The file is sparse, so that more costs nothing.
    private static let sharedMemoryMargin: off_t = 1 << 20

    /// - Returns: `nil` if the database or its `-wal` or `-shm` is not there any more.
    init?(path: String) {
        descriptor = open(path, Self.openPath | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        self.path = path
        var logs: [String: FileID] = [:]
        for name in ["\(path)-wal", "\(path)-shm"] { logs[name] = FileID(path: name) }
        guard let database = FileID(path: path), logs.count == 2 else {
            close(descriptor)
            return nil
        }
        (self.database, self.logs) = (database, logs)
        restoreSharedMemory()
    }

    deinit {
        close(descriptor)
    }

    /// Bytes of the open file; `nil` if the file system does not answer.
    var bytes: Int64? { status.map { Int64($0.st_size) } }

    /// What happened to the files since they were opened; `nil` if they are in place.
    func findFault() -> Fault? {
        guard FileID(path: path) == database else { return status?.st_nlink == 0 ? .removed : .moved }
        return logs.allSatisfy { FileID(path: $0) == $1 } ? nil : .logRemoved
    }

    /// Gives `-shm` its size back if another program has cut it short.
    ///
    /// SQLite maps the file, and reading beyond its end would end the process (SIGBUS). Of a file of zeros SQLite sees that
    /// it is not valid, and makes it again from the `-wal`. What is cut off during an access cannot be helped.
    func restoreSharedMemory() {
        let name = path + "-shm"
        var status = stat()
        guard stat(name, &status) == 0, FileID(status) == logs[name] else { return }
        let size = status.st_size
        sharedMemory.withLock { memory in
            guard size < memory.bytes else { return memory.bytes = size }
            // What is left would look valid and lack pages of the `-wal`: all of it has to be made again. By its path, since
            // closing a descriptor would let go of the locks that SQLite holds on the file.
            if size > 0 { truncate(name, 0) }
            if truncate(name, memory.bytes + Self.sharedMemoryMargin) == 0 { memory.timesRestored += 1 }
        }
    }

    /// How often `-shm` was found cut short.
    var timesRestored: Int { sharedMemory.withLock { $0.timesRestored } }

    private var status: stat? {
        var status = stat()
        return fstat(descriptor, &status) == 0 ? status : nil
    }
}
