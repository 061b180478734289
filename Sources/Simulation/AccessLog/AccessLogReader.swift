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
    package convenience init(path: String, format: LogFormat = .auto) throws(AccessLogError) {
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
    /// - Throws: ``AccessLogError`` once, after the last whole line of a file that cannot be read to its end.
    package func next() throws(AccessLogError) -> AccessLogEntry? {
        while let line = try nextLine() {
            if let entry = judge(line) { return entry }
        }
        return nil
    }

    private func nextLine() throws(AccessLogError) -> LineBuffer.Line? {
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

/// How the lines of an access log are written. The raw values are the command's options.
package enum LogFormat: String, CaseIterable, Sendable {
    /// Each line by how it begins: `{` for JSON, anything else for the common format and its extensions.
    case auto
    /// The combined format of Apache and nginx, or any other that extends the common one to the right.
    case combined
    /// The common format. What follows the status is left unread, so that it is read as the combined one is.
    case common
    /// One JSON object a line, as Caddy, Traefik and many others write it.
    case json
}

/// What a log was found to hold so far.
package struct AccessLogTally: Equatable, Sendable {
    /// How many malformed lines are kept as examples.
    package static let maximumExamples = 5

    /// All lines: requests, malformed ones and blank ones.
    package var lines = 0
    package var requests = 0
    package var blank = 0
    /// Requests that were answered with 429: the limiter of the time refused them already.
    package var answered429 = 0
    package var malformed: [MalformedLine.Reason: Int] = [:]
    /// The first malformed lines.
    package var examples: [MalformedLine] = []

    package init() {}

    package var malformedCount: Int { malformed.values.reduce(0, +) }

    mutating func count(_ line: MalformedLine) {
        malformed[line.reason, default: 0] += 1
        if examples.count < AccessLogTally.maximumExamples { examples.append(line) }
    }
}

/// A line that is not a request in any format that is read.
package struct MalformedLine: Equatable, Sendable {
    /// What is wrong with it.
    package enum Reason: String, CaseIterable, Error, Sendable {
        case tooLong = "longer than 65536 bytes"
        case noClient = "no client address in the first field"
        case clientTooLong = "a first field of more than 256 bytes"
        case noStamp = "no time such as [10/Oct/2000:13:55:36 -0700] after the first three fields"
        case otherFields = "more than the two fields of the common format between client and time"
        case noRequest = "no request in quotes after the time"
        case noStatus = "no status after the request"
        case noObject = "no JSON object, or a broken one"
        case noTimeMember = "no time under ts, time, timestamp, @timestamp, StartUTC or another known name"
        case noClientMember = "no client under client_ip, remote_ip, remote_addr, ClientHost or another known name"
    }

    /// Counted from 1.
    package let number: Int
    package let reason: Reason
    /// The beginning of the line, as a stranger wrote it.
    package let beginning: String

    package init(number: Int, reason: Reason, beginning: String) {
        self.number = number
        self.reason = reason
        self.beginning = beginning
    }
}
