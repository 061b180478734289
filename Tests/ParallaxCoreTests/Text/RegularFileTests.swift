import Foundation
import ParallaxCore
import ParallaxTesting
import Testing

@Suite struct RegularFileTests {
    @Test("a file is read up to the bound, with its permissions")
    func reads() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/file"
            for bytes in [0, 1, 65_536, 200_000] {
                try Data(repeating: 0x61, count: bytes).write(to: URL(fileURLWithPath: path))
                chmod(path, 0o640)
                let file = try RegularFile(path, maximumBytes: 200_000)
                #expect(file.content == [UInt8](repeating: 0x61, count: bytes))
                #expect(file.permissions == 0o640)
            }
            #expect(throws: RegularFile.Failure.tooLong) { try RegularFile(path, maximumBytes: 199_999) }
        }
    }

    @Test(
        "a named pipe, a device, a folder and a missing file are told apart, without waiting", .timeLimit(.minutes(1)))
    func refuses() throws {
        try withTemporaryFolder { folder in
            try #require(mkfifo(folder + "/pipe", 0o600) == 0)
            #expect(throws: RegularFile.Failure.notRegular) { try RegularFile(folder + "/pipe") }
            #expect(throws: RegularFile.Failure.notRegular) { try RegularFile("/dev/zero") }
            #expect(throws: RegularFile.Failure.unreadable) { try RegularFile(folder) }
            #expect(throws: RegularFile.Failure.unreadable) { try RegularFile(folder + "/none") }
        }
    }
}
