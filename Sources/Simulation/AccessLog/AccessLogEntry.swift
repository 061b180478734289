package import ParallaxCore

/// One request of an access log.
package struct AccessLogEntry: Equatable, Sendable {
    /// The client's address, or its name if the server looked it up.
    package let client: String
    /// The user that the server authenticated; `nil` if it named none.
    package let user: String?
    /// The server's stamp, to the millisecond if it has a fraction.
    package let time: Timestamp
    /// The request as it stands between the quotes, the server's own escapes included; empty in JSON.
    package let request: String
    /// The status of the answer; `nil` if the server wrote none.
    package let status: Int?

    package init(client: String, user: String? = nil, time: Timestamp, request: String, status: Int?) {
        self.client = client
        self.user = user
        self.time = time
        self.request = request
        self.status = status
    }
}

/// Reads lines of the common log format, which the combined one and most servers' own formats extend to the right:
///
///     203.0.113.7 - frank [10/Oct/2000:13:55:36 -0700] "GET / HTTP/1.1" 200 2326 "-" "Mozilla/5.0"
///
/// Source: Apache HTTP Server, mod_log_config, "Common Log Format". Everything after the status is left unread. Clients
/// choose user name, request and more, so each may hold brackets and quotes; only what a client cannot write (its
/// address, the stamp, the status) is relied upon.
extension AccessLogEntry {
    /// Parses one line, without its line end.
    ///
    /// - Throws: The reason why the line is not a request.
    package init(line: Span<UInt8>) throws(MalformedLine.Reason) {
        let clientEnd = try AccessLogEntry.endOfClient(line)
        let stamp = try AccessLogEntry.findStamp(line, from: clientEnd)
        let requestStart = stamp.end + 3  // past `] "`
        let (requestEnd, status) = try AccessLogEntry.findStatus(line, from: requestStart)
        self.init(
            client: AccessLogEntry.text(line, 0..<clientEnd),
            user: AccessLogEntry.user(line, clientEnd + 1..<stamp.start - 1), time: stamp.time,
            request: AccessLogEntry.text(line, requestStart..<requestEnd), status: status)
    }

    /// The beginning of a line for an error message.
    static func beginning(of line: Span<UInt8>) -> String {
        text(line, 0..<min(line.count, 160))
    }

    private static let space = UInt8(ascii: " ")
    private static let quote = UInt8(ascii: "\"")

    private static func endOfClient(_ line: Span<UInt8>) throws(MalformedLine.Reason) -> Int {
        var end = 0
        while end < line.count, line[end] != space {
            // Addresses and host names are plain ASCII; anything else is another format, or no log at all.
            guard line[end] > space, line[end] < 0x7f, line[end] != UInt8(ascii: "["), line[end] != quote
            else { throw .noClient }
            end += 1
        }
        guard end > 0, end < line.count, !(end == 1 && line[0] == UInt8(ascii: "-")) else { throw .noClient }
        guard end <= Identity.maximumBytes else { throw .clientTooLong }
        return end
    }

    /// The first bracket that holds a stamp and is followed by a quote: a user name may hold others.
    ///
    /// - Returns: The time, and where the two brackets are.
    private static func findStamp(
        _ line: Span<UInt8>, from clientEnd: Int
    ) throws(MalformedLine.Reason) -> (time: Timestamp, start: Int, end: Int) {
        var hasStamp = false
        var fields = 0
        for index in clientEnd..<line.count where line[index] == space {
            if let (time, end) = stamp(line, at: index + 1) {
                if end + 2 < line.count, line[end + 1] == space, line[end + 2] == quote {
                    guard fields == 2 || fields > 2 && isAddress(line, 0..<clientEnd) else { throw .otherFields }
                    return (time, index + 1, end)
                }
                hasStamp = true
            }
            fields += 1
        }
        throw hasStamp ? .noRequest : .noStamp
    }

    /// The time of a stamp in brackets, and where the closing one is.
    private static func stamp(_ line: Span<UInt8>, at start: Int) -> (Timestamp, end: Int)? {
        guard start < line.count, line[start] == UInt8(ascii: "[") else { return nil }
        let read =
            LogStamp.read(line, at: start + 1) ?? ISOStamp.read(line, at: start + 1)
            ?? EpochStamp.read(line, at: start + 1)
        guard let read, read.end < line.count, line[read.end] == UInt8(ascii: "]") else { return nil }
        return (read.time, read.end)
    }

    /// The second field between client and stamp, which may hold blanks; `nil` for `-`.
    private static func user(_ line: Span<UInt8>, _ fields: Range<Int>) -> String? {
        var start = fields.lowerBound
        while start < fields.upperBound, line[start] != space { start += 1 }
        start += 1
        guard start < fields.upperBound, !(fields.upperBound - start == 1 && line[start] == UInt8(ascii: "-")) else {
            return nil
        }
        return text(line, start..<fields.upperBound)
    }

    /// Whether the field is written like an IP address.
    ///
    /// A user name may hold spaces and so look like more fields; but so does a line that begins with a virtual host or
    /// with syslog's stamp, and taking those for clients would be worse than leaving the line out.
    private static func isAddress(_ line: Span<UInt8>, _ field: Range<Int>) -> Bool {
        var separators = 0
        for index in field {
            switch line[index] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
                UInt8(ascii: "A")...UInt8(ascii: "F"):
                continue
            case UInt8(ascii: "."), UInt8(ascii: ":"): separators += 1
            default: return false
            }
        }
        return separators >= 2
    }

    /// The first quote that a status follows: clients write quotes into requests, and not every server escapes them.
    private static func findStatus(
        _ line: Span<UInt8>, from requestStart: Int
    ) throws(MalformedLine.Reason) -> (requestEnd: Int, status: Int?) {
        var index = requestStart
        var hasQuote = false
        while index < line.count {
            if line[index] == quote {
                hasQuote = true
                if let status = readStatus(line, at: index + 1) { return (index, status.value) }
            }
            index += 1
        }
        throw hasQuote ? .noStatus : .noRequest
    }

    /// ` 200 ` or ` - `, also at the line's end; `nil` if neither stands there.
    private static func readStatus(_ line: Span<UInt8>, at start: Int) -> (value: Int?, Void)? {
        guard start + 1 < line.count, line[start] == space else { return nil }
        if line[start + 1] == UInt8(ascii: "-") {
            return start + 2 == line.count || line[start + 2] == space ? (nil, ()) : nil
        }
        guard start + 3 < line.count, start + 4 == line.count || line[start + 4] == space else { return nil }
        var value = 0
        for index in start + 1...start + 3 {
            let digit = line[index] &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            value = value * 10 + Int(digit)
        }
        return (value, ())
    }

    /// Bytes as text; what is not UTF-8 is repaired.
    private static func text(_ line: Span<UInt8>, _ range: Range<Int>) -> String {
        line.extracting(range).withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
    }
}
