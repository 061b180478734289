import Foundation

/// The bytes of a file as they lie there.
final class FileBytes: ByteSource {
    let path: String
    private let descriptor: Int32
    /// Bytes that were looked at and cannot be put back: the file is a pipe.
    private var lookedAt: [UInt8] = []

    /// What is piped into this process.
    static var standardInput: FileBytes { FileBytes(descriptor: dup(STDIN_FILENO), path: "standard input") }

    private init(descriptor: Int32, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    init(path: String) throws(ReplayError) {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .unreadable(path, errno: errno) }
    }

    deinit {
        close(descriptor)
    }

    func read(upToCount count: Int) throws(ReplayError) -> [UInt8] {
        guard lookedAt.isEmpty else {
            defer { lookedAt = [] }
            return lookedAt
        }
        return try FileBytes.read(descriptor, upToCount: count, path: path)
    }

    /// By the place of the open file, which a child that reads it moves on too.
    var fraction: Double? {
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_size > 0 else { return nil }
        let place = lseek(descriptor, 0, SEEK_CUR)
        return place < 0 ? nil : Double(place) / Double(status.st_size)
    }

    /// Whether the file begins as gzip does (RFC 1952: 1f 8b). Reads on from the start afterwards.
    func isGzip() throws(ReplayError) -> Bool {
        let start = lseek(descriptor, 0, SEEK_CUR)
        var magic: [UInt8] = []
        while magic.count < 2 {
            let more = try FileBytes.read(descriptor, upToCount: 2 - magic.count, path: path)
            if more.isEmpty { break }
            magic += more
        }
        if start < 0 || lseek(descriptor, start, SEEK_SET) < 0 { lookedAt = magic }
        return magic == [0x1f, 0x8b]
    }

    /// Whether another process can read all of it from the open file.
    var isWhole: Bool { lookedAt.isEmpty }

    /// The file for another process to read, from where this one stands.
    func makeHandle() -> FileHandle {
        FileHandle(fileDescriptor: dup(descriptor), closeOnDealloc: true)
    }

    /// Reads from a descriptor, again if a signal came between.
    static func read(_ descriptor: Int32, upToCount count: Int, path: String) throws(ReplayError) -> [UInt8] {
        var failure: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initializedCount in
            var result = -1
            repeat {
                result = Foundation.read(descriptor, buffer.baseAddress, count)
            } while result < 0 && errno == EINTR
            if result < 0 { failure = errno }
            initializedCount = max(0, result)
        }
        guard failure == 0 else { throw .unreadable(path, errno: failure) }
        return bytes
    }
}
