import ParallaxCore
import Testing

@testable import Simulation

@Suite struct AccessLogEntryTests {
    private let stamp = "[10/Oct/2000:13:55:36 -0700]"
    private let time = Timestamp(milliseconds: 971_211_336_000)

    private func parse(_ line: String) throws -> AccessLogEntry {
        try parse(Array(line.utf8))
    }

    private func parse(_ bytes: [UInt8]) throws -> AccessLogEntry {
        try AccessLogEntry(line: bytes.span)
    }

    @Test("a line of the common format gives client, time, request and status")
    func commonFormat() throws {
        let entry = try parse(#"203.0.113.7 - frank \#(stamp) "GET /a?b=c HTTP/1.1" 200 2326"#)
        #expect(
            entry
                == AccessLogEntry(
                    client: "203.0.113.7", user: "frank", time: time, request: "GET /a?b=c HTTP/1.1", status: 200))
    }

    @Test("what the combined format adds on the right changes nothing")
    func combinedFormat() throws {
        let entry = try parse(#"2001:db8::7 - - \#(stamp) "GET / HTTP/2.0" 499 0 "-" "Mozilla/5.0 (\"x\") 200 " 1"#)
        #expect(entry == AccessLogEntry(client: "2001:db8::7", time: time, request: "GET / HTTP/2.0", status: 499))
    }

    @Test(
        "a hostile request changes neither client, time nor status",
        arguments: [
            #"GET /?q=\"x\" HTTP/1.0"#, #"GET /?q="x" HTTP/1.0"#, #"\x16\x03\x01\x01 \x02"#, "", "-", #"\"#,
            "[11/Oct/2001:00:00:00 +0000]", "GET / HTTP/1.1\" 20 1", "\u{1b}[2J", "\u{202e}exe", "a\u{0}b",
        ])
    func hostileRequests(request: String) throws {
        let entry = try parse("198.51.100.1 - - \(stamp) \"\(request)\" 404 12")
        #expect(entry == AccessLogEntry(client: "198.51.100.1", time: time, request: request, status: 404))
    }

    @Test(
        "a hostile user name changes neither client nor time",
        arguments: [
            "frank smith", "[frank]", "[01/Jan/2001:00:00:00 +0000]", "[01/Jan/2001:00:00:00 +0000] x",
            #"[01/Jan/2001:00:00:00 +0000] \"GET"#, "a [b] [c] d",
        ])
    func hostileUserNames(user: String) throws {
        let entry = try parse("198.51.100.1 - \(user) \(stamp) \"GET / HTTP/1.1\" 200 1")
        #expect(entry.client == "198.51.100.1")
        #expect(entry.time == time)
        #expect(entry.request == "GET / HTTP/1.1")
    }

    @Test("an answer without a status is a request all the same")
    func noStatus() throws {
        #expect(try parse("h.example - - \(stamp) \"-\" - -").status == nil)
        #expect(try parse("h.example - - \(stamp) \"-\" -").status == nil)
        #expect(try parse("h.example - - \(stamp) \"-\" 408").status == 408)
    }

    @Test("bytes that are not valid UTF-8 are repaired")
    func invalidText() throws {
        let line = Array("192.0.2.1 - - \(stamp) \"GET /".utf8) + [0xff, 0xc3] + Array(" HTTP/1.0\" 400 1".utf8)
        #expect(try parse(line).request == "GET /\u{fffd}\u{fffd} HTTP/1.0")
    }

    @Test(
        "every malformed line names its reason",
        arguments: [
            (" - - [10/Oct/2000:13:55:36 -0700] \"GET / HTTP/1.1\" 200 1", MalformedLine.Reason.noClient),
            ("- - - [10/Oct/2000:13:55:36 -0700] \"GET / HTTP/1.1\" 200 1", .noClient),
            ("onlyoneword", .noClient),
            ("[Fri Oct 08 17:08:41 2021] [core:error] [pid 7005]", .noClient),
            ("{\"ts\":1711741827.96,\"request\":{}}", .noClient),
            ("\u{1b}[31mred\u{1b}[0m - - [10/Oct/2000:13:55:36 -0700] \"GET /\" 200 1", .noClient),
            ("1.2.3.4 - -", .noStamp),
            ("1.2.3.4 - - [10/Oct/2000:13:55:36 -0700", .noStamp),
            ("1.2.3.4 - - [31/Feb/2000:13:55:36 -0700] \"GET / HTTP/1.1\" 200 1", .noStamp),
            ("1.2.3.4:99 [14/Jan/2015:12:48:57.127] https-in~ 200", .noStamp),
            ("1.2.3.4 [10/Oct/2000:13:55:36 -0700] \"GET / HTTP/1.1\" 200 1", .otherFields),
            ("www.example 1.2.3.4 - - [10/Oct/2000:13:55:36 -0700] \"GET / HTTP/1.1\" 200 1", .otherFields),
            ("Sep 15 16:13:46 web nginx: 1.2.3.4 - - [15/Sep/2021:16:13:46 +0000] \"GET /\" 200 1", .otherFields),
            ("1.2.3.4 - - [10/Oct/2000:13:55:36 -0700] GET / HTTP/1.1 200 1", .noRequest),
            ("1.2.3.4 - - [10/Oct/2000:13:55:36 -0700] \"GET / HTTP/1.1 200 1", .noRequest),
            ("1.2.3.4 - - [10/Oct/2000:13:55:36 -0700] \"GET / HTTP/1.1\"", .noStatus),
            ("1.2.3.4 - - [10/Oct/2000:13:55:36 -0700] \"GET / HTTP/1.1\" 2000 1", .noStatus),
            ("1.2.3.4 - - [10/Oct/2000:13:55:36 -0700] \"GET / HTTP/1.1\" 20", .noStatus),
        ])
    func malformed(line: String, reason: MalformedLine.Reason) {
        #expect(throws: reason) { try parse(line) }
    }

    @Test("a client longer than an identifier may be is malformed")
    func longClient() throws {
        let rest = " - - \(stamp) \"GET / HTTP/1.1\" 200 1"
        #expect(try parse(String(repeating: "a", count: 256) + rest).client.utf8.count == 256)
        #expect(throws: MalformedLine.Reason.clientTooLong) { try parse(String(repeating: "a", count: 257) + rest) }
    }

    @Test("no beginning of a line can trap the parser")
    func everyPrefix() throws {
        let line = Array(#"203.0.113.7 - f [x] \#(stamp) "GET /\" HTTP/1.1" 200 2326"#.utf8)
        for count in 0...line.count { _ = try? parse(Array(line.prefix(count))) }
    }

    @Test("no single changed byte can trap the parser")
    func everyByteChanged() throws {
        let line = Array(#"203.0.113.7 - - \#(stamp) "GET / HTTP/1.1" 200 2326"#.utf8)
        for index in line.indices {
            for byte in [0, 0x20, 0x22, 0x2d, 0x39, 0x5b, 0x5d, 0xff] as [UInt8] {
                var changed = line
                changed[index] = byte
                _ = try? parse(changed)
            }
        }
    }
}
