import CZlib
import Foundation
import ParallaxTesting
import Testing

@testable import Simulation

@Suite struct GzipBytesTests {
    private static let text = Array((0..<20_000).map { "line \($0 &* 7919 % 99_991)\n" }.joined().utf8)

    /// One gzip member, as zlib makes it.
    private static func member(_ bytes: [UInt8]) -> [UInt8] {
        var stream = z_stream()
        deflateInit2_(
            &stream, 6, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY, zlibVersion(),
            Int32(MemoryLayout<z_stream>.size))
        defer { deflateEnd(&stream) }
        var input = bytes
        return [UInt8](unsafeUninitializedCapacity: bytes.count + 1024) { output, count in
            input.withUnsafeMutableBufferPointer { input in
                stream.next_in = input.baseAddress
                stream.avail_in = UInt32(input.count)
                stream.next_out = output.baseAddress
                stream.avail_out = UInt32(output.count)
                #expect(deflate(&stream, Z_FINISH) == Z_STREAM_END)
                count = output.count - Int(stream.avail_out)
            }
        }
    }

    /// What is unpacked of a file of these bytes, and the error that ends it.
    private func unpack(_ packed: [UInt8], count: Int = 4096) throws -> (bytes: [UInt8], error: AccessLogError?) {
        try withTemporaryFolder { folder in
            let path = "\(folder)/log.gz"
            try Data(packed).write(to: URL(fileURLWithPath: path))
            let source = try GzipBytes(file: FileBytes(path: path))
            var bytes: [UInt8] = []
            do throws(AccessLogError) {
                while true {
                    let more = try source.read(upToCount: count)
                    #expect(more.count <= count)
                    if more.isEmpty { return (bytes, nil) }
                    bytes += more
                }
            } catch {
                #expect(error.path == path)
                return (bytes, error)
            }
        }
    }

    @Test("reads of any size give the same text", arguments: [1, 7, 4096, 1_000_000])
    func sizes(count: Int) throws {
        let text = Array(Self.text.prefix(50_000))
        #expect(try unpack(Self.member(text), count: count) == (text, nil))
    }

    @Test("members that follow each other are one text, empty ones included")
    func members() throws {
        let empty = Self.member([])
        let packed = empty + Self.member(Self.text) + empty + empty + Self.member(Array("end\n".utf8)) + empty
        #expect(try unpack(packed) == (Self.text + Array("end\n".utf8), nil))
    }

    @Test("a thousand members are one text, wherever chunks of the file end")
    func manyMembers() throws {
        let lines = (0..<1000).map { Array("line \($0) \(String(repeating: "x", count: $0 % 97))\n".utf8) }
        #expect(try unpack(lines.flatMap(Self.member)) == (lines.flatMap { $0 }, nil))
    }

    @Test(
        "what follows the last member and is not one is ignored",
        arguments: [[0], [0x1f], [0x1f, 0], Array(repeating: 0, count: 1024), Array("not packed".utf8)])
    func garbage(_ bytes: [UInt8]) throws {
        let text = Array("a\nb\n".utf8)
        #expect(try unpack(Self.member(text) + bytes) == (text, nil))
    }

    @Test("a file cut anywhere gives the text before the cut, then says that it is cut short")
    func cut() throws {
        let text = Array(Self.text.prefix(2000))
        let packed = Self.member(text)
        for length in 2..<packed.count {
            let (bytes, error) = try unpack(Array(packed.prefix(length)))
            #expect(text.starts(with: bytes), "\(length)")
            #expect(error?.code == .damagedGzip && error?.message.contains("is cut short;") == true, "\(length)")
        }
        // Nothing is lost but the check at the end.
        #expect(try unpack(packed.dropLast(8)).bytes == text)
    }

    @Test("a second member that is cut is an error, too")
    func cutSecond() throws {
        let (bytes, error) = try unpack(Self.member(Self.text) + Self.member(Self.text).prefix(100))
        #expect(bytes.starts(with: Self.text))
        #expect(error?.message.contains("is cut short;") == true)
    }

    @Test("text whose check does not fit is returned, then an error says what is wrong")
    func wrongCheck() throws {
        var packed = Self.member(Self.text)
        packed[packed.count - 8] ^= 1
        let (bytes, error) = try unpack(packed)
        #expect(bytes == Self.text)
        #expect(error?.code == .damagedGzip)
        #expect(error?.message.contains("is damaged (incorrect data check);") == true)
    }

    @Test("an unknown header is an error that says what is wrong")
    func wrongHeader() throws {
        let (bytes, error) = try unpack([0x1f, 0x8b, 1, 2, 3, 4])
        #expect(bytes.isEmpty)
        #expect(error?.message.contains("is damaged (unknown compression method);") == true)
    }

    @Test("an error is thrown at every read after it")
    func repeated() throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/log.gz"
            try Data(Self.member(Self.text).prefix(20)).write(to: URL(fileURLWithPath: path))
            let source = try GzipBytes(file: FileBytes(path: path))
            for _ in 0..<2 {
                #expect(throws: AccessLogError.self) { while try !source.read(upToCount: 100).isEmpty {} }
            }
        }
    }

    @Test("a file that unpacks to a thousand times its size is unpacked a read at a time")
    func large() throws {
        let zeros = [UInt8](repeating: 0x61, count: 64 << 20)
        let packed = Self.member(zeros)
        #expect(packed.count < 100_000)
        try withTemporaryFolder { folder in
            let path = "\(folder)/log.gz"
            try Data(packed).write(to: URL(fileURLWithPath: path))
            let source = try GzipBytes(file: FileBytes(path: path))
            var total = 0
            while true {
                let more = try source.read(upToCount: 65_536)
                if more.isEmpty { break }
                #expect(more.count <= 65_536)
                total += more.count
            }
            #expect(total == zeros.count)
        }
    }
}
