import CZlib

/// The unpacked bytes of a gzip file: one or more members (RFC 1952), unpacked by zlib as they are read.
///
/// Memory does not depend on the file: a chunk of it, zlib's window (32 KiB), and what a read returns. What follows the
/// last member and does not begin as one is ignored, as gzip(1) does: tapes and some copying programs pad files.
final class GzipBytes: ByteSource {
    private enum State {
        /// Before a member, or behind the last one.
        case betweenMembers
        case inMember
        /// The archive ended: nothing more is read.
        case ended
        /// What was unpacked before is returned, then this is thrown.
        case failed(AccessLogError)
    }

    private static let chunkBytes = 65_536

    private let file: FileBytes
    /// zlib's state points back to it, so it must not move.
    private let stream: UnsafeMutablePointer<z_stream>
    /// What was read of the file, and how much of it zlib has taken.
    private var packed: [UInt8] = []
    private var taken = 0
    private var state = State.betweenMembers

    init(file: FileBytes) throws(AccessLogError) {
        self.file = file
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // The largest window, and a gzip header is expected (16).
        let status = inflateInit2_(stream, MAX_WBITS + 16, zlibVersion(), Int32(MemoryLayout<z_stream>.size))
        guard status == Z_OK else {
            throw AccessLogError(
                code: .unreadable, path: file.path, message: "cannot be unpacked: \(String(cString: zError(status)))")
        }
    }

    deinit {
        inflateEnd(stream)
        stream.deinitialize(count: 1)
        stream.deallocate()
    }

    var fraction: Double? { file.fraction }

    func read(upToCount count: Int) throws(AccessLogError) -> [UInt8] {
        while true {
            switch state {
            case .betweenMembers: try beginMember()
            case .inMember:
                let bytes = try unpack(upToCount: count)
                if !bytes.isEmpty { return bytes }
            case .ended: return []
            case .failed(let error): throw error
            }
        }
    }

    /// Looks whether another member follows.
    private func beginMember() throws(AccessLogError) {
        while packed.count - taken < 2, try readMore() {}
        guard packed[taken...].starts(with: FileBytes.gzipMagic) else {
            state = .ended
            return
        }
        inflateReset(stream)
        state = .inMember
    }

    private func unpack(upToCount count: Int) throws(AccessLogError) -> [UInt8] {
        if taken == packed.count, try !readMore() {
            state = .failed(damaged("cut short"))
            return []
        }
        var status = Z_OK
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { output, initializedCount in
            packed.withUnsafeMutableBufferPointer { input in
                // A chunk has at most 64 KiB, and a read is of far less than 4 GiB.
                stream.pointee.next_in = input.baseAddress.map { $0 + taken }
                stream.pointee.avail_in = UInt32(input.count - taken)
                stream.pointee.next_out = output.baseAddress
                stream.pointee.avail_out = UInt32(output.count)
                status = inflate(stream, Z_NO_FLUSH)
                taken = input.count - Int(stream.pointee.avail_in)
                initializedCount = output.count - Int(stream.pointee.avail_out)
            }
        }
        switch status {
        case Z_OK: break
        case Z_STREAM_END: state = .betweenMembers
        default:
            let reason = stream.pointee.msg.map { String(cString: $0) } ?? String(cString: zError(status))
            state = .failed(damaged("damaged (\(reason))"))
        }
        return bytes
    }

    /// Reads the next chunk behind what zlib has not taken.
    ///
    /// - Returns: Whether there was one.
    private func readMore() throws(AccessLogError) -> Bool {
        let chunk = try file.read(upToCount: Self.chunkBytes)
        packed.removeFirst(taken)
        taken = 0
        packed += chunk
        return !chunk.isEmpty
    }

    private func damaged(_ how: String) -> AccessLogError {
        AccessLogError(
            code: .damagedGzip, path: file.path,
            message: "the gzip archive is \(how); all whole lines before that were read. Fetch the file again")
    }
}
