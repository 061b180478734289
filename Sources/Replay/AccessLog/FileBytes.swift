import Foundation

/// The bytes of a file as they lie there.
final class FileBytes: ByteSource {
    let path: String
    private let descriptor: Int32

    init(path: String) throws(ReplayError) {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .unreadable(path, errno: errno) }
    }

    deinit {
        close(descriptor)
    }

    func read(upToCount count: Int) throws(ReplayError) -> [UInt8] {
        try FileBytes.read(descriptor, upToCount: count, path: path)
    }

    /// Whether the file begins as gzip does (RFC 1952: 1f 8b). Reads on from the start afterwards.
    func isGzip() throws(ReplayError) -> Bool {
        let magic = try read(upToCount: 2)
        guard lseek(descriptor, 0, SEEK_SET) == 0 else {
            throw ReplayError(
                code: .unreadable, path: path,
                message: "is no regular file; save what comes out of it to one, and name that")
        }
        return magic == [0x1f, 0x8b]
    }

    /// The file for another process to read, from where this one stands.
    func makeHandle() -> FileHandle {
        FileHandle(fileDescriptor: dup(descriptor), closeOnDealloc: true)
    }

    /// Reads from a descriptor, again where a signal came between.
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
