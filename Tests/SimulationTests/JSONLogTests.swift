import ParallaxTesting
import Foundation
import ParallaxCore
import Testing

@testable import Simulation

@Suite struct JSONLogTests {
    private func parse(_ line: String) throws -> AccessLogEntry {
        try AccessLogEntry(jsonLine: Array(line.utf8).span)
    }

    @Test("Caddy's client is the one that its trusted proxies named, else the connection's")
    func caddy() throws {
        let line =
            #"{"level":"info","ts":1693840791.7564995,"msg":"handled request","request":{"remote_ip":"192.0.2.1","#
            + #""remote_port":"44790","client_ip":"203.0.113.9","headers":{"X":["client_ip"]}},"user_id":"","status":404}"#
        let entry = try parse(line)
        #expect(entry.client == "203.0.113.9")
        #expect(entry.time == Timestamp(milliseconds: 1_693_840_791_756))
        #expect(entry.status == 404)
        #expect(entry.user == nil)
        let old = #"{"ts":1693840791,"request":{"remote_addr":"[2001:db8::1]:443"},"status":200,"user_id":"ann"}"#
        #expect(try parse(old).client == "2001:db8::1")
        #expect(try parse(old).user == "ann")
    }

    @Test("Traefik's start in UTC is taken before the time of its line, which has no fraction")
    func traefik() throws {
        let line =
            #"{"ClientAddr":"172.17.0.1:39490","ClientHost":"172.17.0.1","ClientUsername":"-","DownstreamStatus":429,"#
            + #""StartUTC":"2021-12-08T14:02:43.464763557Z","time":"2021-12-08T14:02:44Z"}"#
        let entry = try parse(line)
        #expect(
            entry
                == AccessLogEntry(
                    client: "172.17.0.1", time: Timestamp(milliseconds: 1_638_972_163_464), request: "", status: 429))
    }

    @Test(
        "other servers' usual names are known, whatever their order, and statuses may be strings",
        arguments: [
            #"{"time":"2021-12-08T14:02:43Z","remote_addr":"192.0.2.7","status":"200"}"#,
            #"{ "status" : 200 , "client_ip" : "192.0.2.7" , "timestamp" : 1638972163 }"#,
            #"{"@timestamp":"2021-12-08T14:02:43+00:00","remote_ip":"192.0.2.7:8080","status":200}"#,
            #"{"ts":1638972163000,"client":"192.0.2.7","status":200}"#,
            #"{"ts":1.638972163e9,"client":"192.0.2.7","status":200}"#,
            #"{"msec":"1638972163.000","client":"","remote_addr":"192.0.2.7","status":200}"#,
            #"{"time":"08/Dec/2021:15:02:43 +0100","client":"192.0.2\u002e7","status":200}"#,
            #"{"time":null,"ts":1638972163,"remote_addr":{"ip":1},"client":"192.0.2.7","status":200}"#,
        ])
    func generic(line: String) throws {
        #expect(
            try parse(line)
                == AccessLogEntry(
                    client: "192.0.2.7", time: Timestamp(milliseconds: 1_638_972_163_000), request: "", status: 200))
    }

    @Test("what is not a status of HTTP is none", arguments: ["2140", "-1", "\"2140\"", "2e2", "\"ok\"", "null"])
    func noStatus(value: String) throws {
        let entry = try parse(#"{"ts":1638972163,"client":"192.0.2.7","status":\#(value)}"#)
        #expect(entry.status == nil)
    }

    @Test(
        "every malformed line names its reason",
        arguments: [
            ("", MalformedLine.Reason.noObject), ("[]", .noObject), ("{", .noObject), ("nonsense", .noObject),
            (#"{"ts":1638972163,"client":"a"} x"#, .noObject), (#"{"ts":1638972163,"client":"a""#, .noObject),
            (#"{"ts":1638972163,"client":"a",}"#, .noObject), (#"{"ts":01638972163,"client":"a"}"#, .noObject),
            (#"{"client":"a"}"#, .noTimeMember), (#"{"ts":"yesterday","client":"a"}"#, .noTimeMember),
            (#"{"ts":-1638972163,"client":"a"}"#, .noTimeMember), (#"{"ts":12,"client":"a"}"#, .noTimeMember),
            (#"{"ts":1638972163}"#, .noClientMember), (#"{"ts":1638972163,"client":"-"}"#, .noClientMember),
            (#"{"ts":1638972163,"client":7}"#, .noClientMember),
            (#"{"ts":1638972163,"headers":{"client_ip":"192.0.2.7"}}"#, .noClientMember),
        ])
    func malformed(line: String, reason: MalformedLine.Reason) {
        #expect(throws: reason) { try parse(line) }
    }

    @Test("deep nesting is refused, not followed to the end of the stack")
    func deep() {
        let line = #"{"ts":1638972163,"client":"a","x":"# + String(repeating: "[", count: 60_000)
        #expect(throws: MalformedLine.Reason.noObject) { try parse(line) }
    }

    @Test("no beginning of a line and no single changed byte can trap the parser")
    func hostile() throws {
        let line = Array(
            #"{"ts":1638972163.5,"request":{"client_ip":"192.\u002e7","a":[1,{"b":null}]},"status":200}"#.utf8)
        for count in 0...line.count { _ = try? AccessLogEntry(jsonLine: Array(line.prefix(count)).span) }
        for index in line.indices {
            for byte in [0, 0x20, 0x22, 0x5c, 0x7b, 0x7d, 0x39, 0xff] as [UInt8] {
                var changed = line
                changed[index] = byte
                _ = try? AccessLogEntry(jsonLine: changed.span)
            }
        }
    }

    @Test("a reader takes each line by how it begins, unless it is told the format")
    func formats() throws {
        let json = #"{"ts":1638972163,"client":"json.example"}"#
        let common = #"common.example - - [10/Oct/2000:13:55:36 -0700] "GET / HTTP/1.1" 200 2326"#
        try withTemporaryFolder { folder in
            let path = "\(folder)/log"
            try [json, common, json].joined(separator: "\n").write(toFile: path, atomically: false, encoding: .utf8)
            func clients(_ format: LogFormat) throws -> [String] {
                let reader = try AccessLogReader(path: path, format: format)
                var clients: [String] = []
                while let entry = try reader.next() { clients.append(entry.client) }
                return clients
            }
            #expect(try clients(.auto) == ["json.example", "common.example", "json.example"])
            #expect(try clients(.json) == ["json.example", "json.example"])
            #expect(try clients(.combined) == ["common.example"])
            #expect(try clients(.common) == ["common.example"])
        }
    }
}
