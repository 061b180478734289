import Foundation

/// The bytes of a file as they lie there.
final class FileBytes: ByteSource {
    let path: String
    private let descriptor: Int32
    /// Bytes that were looked at and cannot be put back: the file is a pipe.
    private var peeked: [UInt8] = []

    /// What is piped into this process.
    static var standardInput: FileBytes { FileBytes(descriptor: dup(STDIN_FILENO), path: "standard input") }

    private init(descriptor: Int32, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    init(path: String) throws(AccessLogError) {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .unreadable(path, errno: errno) }
    }

    deinit {
        close(descriptor)
    }

    func read(upToCount count: Int) throws(AccessLogError) -> [UInt8] {
        guard peeked.isEmpty else {
            defer { peeked = [] }
            return peeked
        }
        return try FileBytes.read(descriptor, upToCount: count, path: path)
    }

    /// By the place of the open file.
    var fraction: Double? {
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_size > 0 else { return nil }
        let place = lseek(descriptor, 0, SEEK_CUR)
        return place < 0 ? nil : Double(place) / Double(status.st_size)
    }

    /// How every member of a gzip file begins (RFC 1952).
    static let gzipMagic: [UInt8] = [0x1f, 0x8b]

    /// Whether the file begins as gzip does. Reads on from the start afterwards.
    func isGzip() throws(AccessLogError) -> Bool {
        let start = lseek(descriptor, 0, SEEK_CUR)
        var magic: [UInt8] = []
        while magic.count < 2 {
            let more = try FileBytes.read(descriptor, upToCount: 2 - magic.count, path: path)
            if more.isEmpty { break }
            magic += more
        }
        if start < 0 || lseek(descriptor, start, SEEK_SET) < 0 { peeked = magic }
        return magic == FileBytes.gzipMagic
    }

    /// Reads from a descriptor, again if a signal came between.
    static func read(_ descriptor: Int32, upToCount count: Int, path: String) throws(AccessLogError) -> [UInt8] {
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

/// Where the bytes of a log come from, a chunk at a time.
protocol ByteSource {
    /// Reads the next bytes, waiting for them.
    ///
    /// - Returns: From 1 to `count` bytes, or none at the end.
    func read(upToCount count: Int) throws(AccessLogError) -> [UInt8]

    /// How much has been read, from 0 to 1; `nil` if no one knows how much there is.
    var fraction: Double? { get }
}

extension ByteSource {
    var fraction: Double? { nil }
}
