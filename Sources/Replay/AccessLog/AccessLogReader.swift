/// Reads the requests of an access log, one at a time, in the order of the file, plain or packed with gzip.
///
/// Malformed lines are counted and passed over. Reading waits for the disk: not for an event loop.
package final class AccessLogReader {
    /// What was found so far.
    package private(set) var tally = AccessLogTally()
    private let source: any ByteSource
    private let chunkBytes: Int
    private var buffer = LineBuffer()
    private var hasEnded = false

    /// Opens a file. Whether it is packed is seen from its first bytes, not from its name.
    package convenience init(path: String) throws(ReplayError) {
        let file = try FileBytes(path: path)
        self.init(source: try file.isGzip() ? try GzipBytes(file: file) : file)
    }

    init(source: any ByteSource, chunkBytes: Int = 262_144) {
        self.source = source
        self.chunkBytes = chunkBytes
    }

    /// The next request; `nil` at the end.
    ///
    /// - Throws: ``ReplayError`` once, after the last whole line of a file that cannot be read to its end.
    package func next() throws(ReplayError) -> AccessLogEntry? {
        while let line = try nextLine() {
            if let entry = judge(line) { return entry }
        }
        return nil
    }

    private func nextLine() throws(ReplayError) -> LineBuffer.Line? {
        while true {
            if let line = buffer.next() { return line }
            guard !hasEnded else { return nil }
            let chunk: [UInt8]
            do {
                chunk = try source.read(upToCount: chunkBytes)
            } catch {
                // What stands after the last line end was cut off somewhere, and could pass for another request.
                hasEnded = true
                throw error
            }
            guard !chunk.isEmpty else {
                hasEnded = true
                return buffer.last()
            }
            buffer.append(chunk)
        }
    }

    private func judge(_ line: LineBuffer.Line) -> AccessLogEntry? {
        tally.lines += 1
        let bytes = buffer.bytes
        switch line {
        case .whole(let range) where range.isEmpty:
            tally.blank += 1
        case .whole(let range):
            let line = bytes.span.extracting(range)
            do {
                let entry = try AccessLogEntry(line: line)
                tally.requests += 1
                return entry
            } catch {
                count(error, AccessLogEntry.beginning(of: line))
            }
        case .tooLong(let range):
            count(.tooLong, AccessLogEntry.beginning(of: bytes.span.extracting(range)))
        }
        return nil
    }

    private func count(_ reason: MalformedLine.Reason, _ beginning: String) {
        tally.count(MalformedLine(number: tally.lines, reason: reason, beginning: beginning))
    }
}
