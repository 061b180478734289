import ParallaxCore

/// Reads lines that are one JSON object each: Caddy's and Traefik's access logs, and what people make nginx, Envoy and
/// others write. Known by the names of their members; if several are there, the one that says it best is taken.
extension AccessLogEntry {
    /// Parses one line, without its line end.
    ///
    /// - Throws: The reason why the line is not a request.
    package init(jsonLine line: Span<UInt8>) throws(MalformedLine.Reason) {
        let fields = line.withUnsafeBufferPointer { LogMembers(line: $0) }
        guard let fields else { throw .noObject }
        guard let time = fields.time else { throw .noTimeMember }
        guard let client = fields.client, !client.isEmpty, client != "-" else { throw .noClientMember }
        guard client.utf8.count <= Identity.maximumBytes else { throw .clientTooLong }
        let user = fields.user.flatMap { $0.isEmpty || $0 == "-" ? nil : $0 }
        self.init(client: client, user: user, time: time, request: "", status: fields.status)
    }
}

/// The members of a log line's object that describe a request.
private struct LogMembers {
    /// The best first. What stands behind a point is a member of the object of the name before it: Caddy's `request`.
    private static let times = names([
        "StartUTC", "ts", "@timestamp", "timestamp", "time", "time_iso8601", "msec", "start_time", "datetime",
    ])
    /// Those that a trusted proxy's word went into first.
    private static let clients = names([
        "request.client_ip", "request.remote_ip", "request.remote_addr", "ClientHost", "client_ip", "remote_addr",
        "remote_ip", "client", "clientip", "ClientAddr", "remote_host", "downstream_remote_address",
    ])
    private static let statuses = names(["status", "DownstreamStatus", "status_code", "response_code"])
    private static let users = names(["user_id", "ClientUsername", "remote_user", "user"])

    private typealias Name = (parent: [UInt8], key: [UInt8])
    private typealias Bytes = Slice<UnsafeBufferPointer<UInt8>>

    private static func names(_ paths: [String]) -> [Name] {
        paths.map { path in
            let parts = path.split(separator: ".").map { Array($0.utf8) }
            return parts.count == 2 ? (parts[0], parts[1]) : ([], parts[0])
        }
    }

    private(set) var time: Timestamp?
    private(set) var client: String?
    private(set) var status: Int?
    private(set) var user: String?

    /// - Returns: `nil` if the line is not one object. Its strings are not checked as long as they are not wanted:
    ///   servers write bytes of callers into them, and some escapes that are not JSON's.
    init?(line: UnsafeBufferPointer<UInt8>) {
        var scanner = JSONScanner(line, checksStrings: false)
        var found = Found()
        do throws(JSONFault) {
            guard try found.read(line, &scanner) else { return nil }
        } catch {
            return nil
        }
        time = found.time.value.flatMap { Self.time($0, in: line, scanner) }
        client = found.client.value.flatMap { Self.text($0, scanner) }.map(Self.withoutPort)
        status = found.status.value.flatMap { Self.text($0, scanner, orNumber: true) }
            .flatMap { Int($0) }.flatMap { (0...999).contains($0) ? $0 : nil }
        user = found.user.value.flatMap { Self.text($0, scanner) }
    }

    /// The values of the members that say it best.
    private struct Found {
        /// The object in a line's own whose members count as well.
        private static let request = Array("request".utf8)

        private(set) var time = Best()
        private(set) var client = Best()
        private(set) var status = Best()
        private(set) var user = Best()

        /// Reads the members of the line's object, and of its `request`.
        mutating func read(
            _ line: UnsafeBufferPointer<UInt8>, _ scanner: inout JSONScanner
        ) throws(JSONFault) -> Bool {
            try scanner.begin()
            guard try scanner.open(.object) else { return false }
            while try scanner.more(in: .object) {
                let key = line[try scanner.key().span]
                if key.count == Self.request.count, key.elementsEqual(Self.request), try scanner.open(.object) {
                    while try scanner.more(in: .object) {
                        let inner = line[try scanner.key().span]
                        take(try scanner.value(), parent: key, key: inner)
                    }
                } else {
                    take(try scanner.value(), parent: line[0..<0], key: key)
                }
            }
            try scanner.end()
            return true
        }

        private mutating func take(_ value: JSONScanner.Value, parent: Bytes, key: Bytes) {
            time.take(value, LogMembers.times, parent, key)
            client.take(value, LogMembers.clients, parent, key)
            status.take(value, LogMembers.statuses, parent, key)
            user.take(value, LogMembers.users, parent, key)
        }
    }

    /// The value under the best of several names so far.
    private struct Best {
        private var rank = Int.max
        private(set) var value: JSONScanner.Value?

        mutating func take(_ value: JSONScanner.Value, _ names: [Name], _ parent: Bytes, _ key: Bytes) {
            switch value {
            // An empty string says nothing: a worse name may.
            case .string(let text) where text.span.isEmpty: return
            case .string, .number: break
            case .boolean, .null, .object, .list: return
            }
            for index in names.indices.prefix(min(rank, names.count)) {
                guard names[index].key.count == key.count, names[index].key.elementsEqual(key),
                    names[index].parent.elementsEqual(parent)
                else { continue }
                (rank, self.value) = (index, value)
                return
            }
        }
    }

    private static func time(
        _ value: JSONScanner.Value, in line: UnsafeBufferPointer<UInt8>, _ scanner: JSONScanner
    ) -> Timestamp? {
        switch value {
        case .number(let number):
            let bytes = Array(line[number.span])
            if let read = EpochStamp.read(bytes.span, at: 0), read.end == bytes.count { return read.time }
            // With an exponent: seconds, as some encoders write them.
            let seconds = scanner.double(of: number)
            return (1e8..<1e11).contains(seconds) ? Timestamp(milliseconds: Int64(seconds * 1000)) : nil
        case .string(let text):
            let bytes = Array(line[text.span])
            let read =
                ISOStamp.read(bytes.span, at: 0) ?? LogStamp.read(bytes.span, at: 0)
                ?? EpochStamp.read(bytes.span, at: 0)
            // Something else that only begins like a time is none.
            guard let read, read.end == bytes.count else { return nil }
            return read.time
        case .boolean, .null, .object, .list: return nil
        }
    }

    private static func text(
        _ value: JSONScanner.Value, _ scanner: JSONScanner, orNumber takesNumbers: Bool = false
    ) -> String? {
        switch value {
        case .number(let number): takesNumbers ? scanner.string(of: number) : nil
        case .string(let text): try? scanner.string(of: text)
        case .boolean, .null, .object, .list: nil
        }
    }

    /// The address in front of a port: of `192.0.2.1:80` and `[2001:db8::1]:80`, not of a bare `2001:db8::1`.
    private static func withoutPort(_ text: String) -> String {
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
            return String(text[text.index(after: text.startIndex)..<end])
        }
        guard let colon = text.firstIndex(of: ":"), text.lastIndex(of: ":") == colon else { return text }
        let port = text[text.index(after: colon)...]
        return !port.isEmpty && port.utf8.allSatisfy { (0x30...0x39).contains($0) } ? String(text[..<colon]) : text
    }
}
