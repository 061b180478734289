import Foundation
import ParallaxCore

/// Reads lines that are one JSON object each: Caddy's and Traefik's access logs, and what people make nginx, Envoy and
/// others write. Known by the names of their members; where several are there, the one that says it best is taken.
extension AccessLogEntry {
    /// Parses one line, without its line end.
    ///
    /// - Throws: The reason why the line is no request.
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

/// The members of a log line's object that tell of a request.
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

    init?(line: UnsafeBufferPointer<UInt8>) {
        var scanner = JSONLineScanner(line)
        var found = (time: Best(), client: Best(), status: Best(), user: Best())
        let walked: Void? = try? scanner.walk(entering: { $0.elementsEqual("request".utf8) }) { parent, key, value in
            let (parent, key) = (line[parent], line[key])
            found.time.take(value, Self.times, parent, key)
            found.client.take(value, Self.clients, parent, key)
            found.status.take(value, Self.statuses, parent, key)
            found.user.take(value, Self.users, parent, key)
        }
        guard walked != nil else { return nil }
        time = found.time.value.flatMap { Self.time($0, in: line) }
        client = found.client.value.flatMap { Self.text($0, in: line) }.map(Self.withoutPort)
        status = found.status.value.flatMap { Self.text($0, in: line, orNumber: true) }
            .flatMap { Int($0) }.flatMap { (0...999).contains($0) ? $0 : nil }
        user = found.user.value.flatMap { Self.text($0, in: line) }
    }

    /// The value under the best of several names so far.
    private struct Best {
        private var rank = Int.max
        private(set) var value: JSONLineScanner.Value?

        mutating func take(
            _ value: JSONLineScanner.Value, _ names: [Name], _ parent: Slice<UnsafeBufferPointer<UInt8>>,
            _ key: Slice<UnsafeBufferPointer<UInt8>>
        ) {
            switch value {
            // An empty string says nothing: a worse name may.
            case .string(let range) where range.isEmpty: return
            case .object, .other: return
            default: break
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

    private static func time(_ value: JSONLineScanner.Value, in line: UnsafeBufferPointer<UInt8>) -> Timestamp? {
        switch value {
        case .number(let range):
            return number(Array(line[range]))
        case .string(let range):
            let bytes = Array(line[range])
            let read =
                ISOStamp.read(bytes.span, at: 0) ?? LogStamp.read(bytes.span, at: 0)
                ?? EpochStamp.read(bytes.span, at: 0)
            // Something else that only begins like a time is none.
            guard let read, read.end == bytes.count else { return nil }
            return read.time
        case .object, .other:
            return nil
        }
    }

    private static func number(_ bytes: [UInt8]) -> Timestamp? {
        if let read = EpochStamp.read(bytes.span, at: 0), read.end == bytes.count { return read.time }
        // With an exponent: seconds, as some encoders write them.
        guard let seconds = Double(String(decoding: bytes, as: UTF8.self)), (1e8..<1e11).contains(seconds) else {
            return nil
        }
        return Timestamp(milliseconds: Int64(seconds * 1000))
    }

    private static func text(
        _ value: JSONLineScanner.Value, in line: UnsafeBufferPointer<UInt8>, orNumber takesNumbers: Bool = false
    ) -> String? {
        switch value {
        case .number(let range): return takesNumbers ? String(decoding: line[range], as: UTF8.self) : nil
        case .string(let range):
            let raw = line[range]
            guard raw.contains(UInt8(ascii: "\\")) else { return String(decoding: raw, as: UTF8.self) }
            // Seldom, and so left to Foundation.
            let quoted = Data([UInt8(ascii: "\"")]) + Data(raw) + Data([UInt8(ascii: "\"")])
            return try? JSONDecoder().decode(String.self, from: quoted)
        case .object, .other: return nil
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
