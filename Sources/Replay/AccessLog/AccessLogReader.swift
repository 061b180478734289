/// Reads the requests of an access log, one at a time, in the order of the file, plain or packed with gzip.
///
/// Malformed lines are counted and passed over. Reading waits for the disk: not for an event loop.
package final class AccessLogReader {
    /// What was found so far.
    package private(set) var tally = AccessLogTally()
    private let source: any ByteSource
    private let format: LogFormat
    private let chunkBytes: Int
    private var buffer = LineBuffer()
    private var hasEnded = false

    /// Opens a file, or standard input if the path is `-`. Whether it is packed is seen from its first bytes, not from
    /// its name.
    package convenience init(path: String, format: LogFormat = .auto) throws(ReplayError) {
        let file = try path == "-" ? FileBytes.standardInput : FileBytes(path: path)
        self.init(source: try file.isGzip() ? try GzipBytes(file: file) : file, format: format)
    }

    init(source: any ByteSource, format: LogFormat = .auto, chunkBytes: Int = 262_144) {
        self.source = source
        self.format = format
        self.chunkBytes = chunkBytes
    }

    /// How much of the file has been read, from 0 to 1; `nil` if no one knows how much there is.
    package var fraction: Double? { source.fraction }

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
                let entry = try parse(line)
                tally.requests += 1
                if entry.status == 429 { tally.answered429 += 1 }
                return entry
            } catch {
                count(error, AccessLogEntry.beginning(of: line))
            }
        case .tooLong(let range):
            count(.tooLong, AccessLogEntry.beginning(of: bytes.span.extracting(range)))
        }
        return nil
    }

    private func parse(_ line: Span<UInt8>) throws(MalformedLine.Reason) -> AccessLogEntry {
        switch format {
        case .combined, .common: try AccessLogEntry(line: line)
        case .json: try AccessLogEntry(jsonLine: line)
        // No client's address begins like an object.
        case .auto: try line[0] == UInt8(ascii: "{") ? AccessLogEntry(jsonLine: line) : AccessLogEntry(line: line)
        }
    }

    private func count(_ reason: MalformedLine.Reason, _ beginning: String) {
        tally.count(MalformedLine(number: tally.lines, reason: reason, beginning: beginning))
    }
}
