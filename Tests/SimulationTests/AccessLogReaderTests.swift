import ParallaxTesting
import Foundation
import Testing

@testable import Simulation

@Suite struct AccessLogReaderTests {
    /// Bytes in chunks of a given size, and then perhaps an error.
    private final class ScriptedBytes: ByteSource {
        private var left: [UInt8]
        private let chunkBytes: Int
        private let failure: AccessLogError?

        init(_ text: String, chunkBytes: Int, failure: AccessLogError? = nil) {
            left = Array(text.utf8)
            self.chunkBytes = chunkBytes
            self.failure = failure
        }

        func read(upToCount count: Int) throws(AccessLogError) -> [UInt8] {
            if left.isEmpty, let failure { throw failure }
            defer { left.removeFirst(min(chunkBytes, count, left.count)) }
            return Array(left.prefix(min(chunkBytes, count)))
        }
    }

    private static func line(_ client: String) -> String {
        "\(client) - - [10/Oct/2000:13:55:36 -0700] \"GET / HTTP/1.1\" 200 2326"
    }

    private func clients(_ reader: AccessLogReader) throws -> [String] {
        var clients: [String] = []
        while let entry = try reader.next() { clients.append(entry.client) }
        return clients
    }

    @Test("the size of the chunks changes nothing", arguments: [1, 2, 7, 64, 100_000])
    func chunks(bytes: Int) throws {
        let text = [Self.line("a.example"), "", "nonsense", Self.line("b.example") + "\r", Self.line("c.example")]
        let reader = AccessLogReader(source: ScriptedBytes(text.joined(separator: "\n"), chunkBytes: bytes))
        #expect(try clients(reader) == ["a.example", "b.example", "c.example"])
        #expect(reader.tally.lines == 5)
        #expect(reader.tally.blank == 1)
        #expect(reader.tally.requests == 3)
        #expect(reader.tally.malformed == [.noClient: 1])
        #expect(reader.tally.examples == [MalformedLine(number: 3, reason: .noClient, beginning: "nonsense")])
    }

    @Test("a line beyond the maximum is counted once and passed over", arguments: [1000, 65_536, 70_000, 500_000])
    func tooLong(chunkBytes: Int) throws {
        let long = Self.line("long.example") + String(repeating: "x", count: 200_000)
        let text = [Self.line("a.example"), long, Self.line("b.example"), ""].joined(separator: "\n")
        let reader = AccessLogReader(source: ScriptedBytes(text, chunkBytes: chunkBytes), chunkBytes: chunkBytes)
        #expect(try clients(reader) == ["a.example", "b.example"])
        #expect(reader.tally.lines == 3)
        #expect(reader.tally.malformed == [.tooLong: 1])
        #expect(reader.tally.examples.first?.beginning.utf8.count == 160)
    }

    @Test("of many malformed lines all are counted and the first few kept")
    func examples() throws {
        let text = (1...100).map { "nonsense \($0)" }.joined(separator: "\n")
        let reader = AccessLogReader(source: ScriptedBytes(text, chunkBytes: 64))
        #expect(try clients(reader) == [])
        #expect(reader.tally.malformedCount == 100)
        #expect(reader.tally.examples.map(\.number) == [1, 2, 3, 4, 5])
    }

    @Test("a source that breaks off gives all whole lines, then its error once, and never the line it cut")
    func breaksOff() throws {
        let failure = AccessLogError(code: .damagedGzip, path: "x", message: "cut short")
        let text = Self.line("a.example") + "\n" + Self.line("b.example") + "\n" + Self.line("cut.example")
        let reader = AccessLogReader(source: ScriptedBytes(text, chunkBytes: 50, failure: failure))
        #expect(try reader.next()?.client == "a.example")
        #expect(try reader.next()?.client == "b.example")
        #expect(throws: failure) { try reader.next() }
        #expect(try reader.next() == nil)
        #expect(reader.tally.lines == 2)
    }

    @Test(
        "a file is read plain or packed, whatever its name says", arguments: ["access.log", "access.log.gz"],
        [true, false])
    func files(name: String, isPacked: Bool) throws {
        try withTemporaryFolder { folder in
            let lines = (0..<5000).map { Self.line("client-\($0).example") }
            let path = try write(lines, to: "\(folder)/\(name)", packed: isPacked)
            let reader = try AccessLogReader(path: path)
            #expect(try clients(reader) == (0..<5000).map { "client-\($0).example" })
        }
    }

    @Test("a gzip archive cut short gives the lines before the cut, and an error that names it")
    func truncatedGzip() throws {
        try withTemporaryFolder { folder in
            // Different clients, so that the packed file is long enough to be cut in its middle.
            let lines = (0..<20_000).map { Self.line("client-\($0 &* 7919 % 99_991).example") }
            let path = try write(lines, to: "\(folder)/cut.gz", packed: true)
            let whole = try Data(contentsOf: URL(fileURLWithPath: path))
            try whole.prefix(whole.count / 2).write(to: URL(fileURLWithPath: path))

            let reader = try AccessLogReader(path: path)
            var read = 0
            let error = #expect(throws: AccessLogError.self) {
                while try reader.next() != nil { read += 1 }
            }
            #expect(read > 1000 && read < 20_000)
            #expect(reader.tally.malformedCount == 0)
            #expect(error?.code == .damagedGzip)
            #expect(error?.path == path)
        }
    }

    @Test("what only begins like gzip is an error, not a crash")
    func notGzip() throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/false.gz"
            try Data([0x1f, 0x8b, 1, 2, 3, 4]).write(to: URL(fileURLWithPath: path))
            let reader = try AccessLogReader(path: path)
            let error = #expect(throws: AccessLogError.self) { try reader.next() }
            #expect(error?.code == .damagedGzip)
        }
    }

    @Test("an archive of several members is read to its end")
    func members() throws {
        try withTemporaryFolder { folder in
            let first = try write([Self.line("a.example")], to: "\(folder)/1.gz", packed: true)
            let second = try write([Self.line("b.example")], to: "\(folder)/2.gz", packed: true)
            let both =
                try Data(contentsOf: URL(fileURLWithPath: first)) + Data(contentsOf: URL(fileURLWithPath: second))
            try both.write(to: URL(fileURLWithPath: "\(folder)/both"))
            #expect(try clients(AccessLogReader(path: "\(folder)/both")) == ["a.example", "b.example"])
        }
    }

    @Test("a file that is missing or a folder is named in the error")
    func unreadable() throws {
        try withTemporaryFolder { folder in
            let missing = #expect(throws: AccessLogError.self) {
                _ = try AccessLogReader(path: "\(folder)/missing.log")
            }
            #expect(missing?.description == "\(folder)/missing.log: cannot be read: No such file or directory")
            let directory = #expect(throws: AccessLogError.self) { _ = try AccessLogReader(path: folder) }
            #expect(directory?.code == .unreadable)
        }
    }

    /// Writes lines to a file, packed by the `gzip` program where asked.
    private func write(_ lines: [String], to path: String, packed: Bool) throws -> String {
        let text = lines.joined(separator: "\n") + "\n"
        try text.write(toFile: path, atomically: false, encoding: .utf8)
        guard packed else { return path }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", #"gzip -c < "$0" > "$0.packed" && mv "$0.packed" "$0""#, path]
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return path
    }
}
