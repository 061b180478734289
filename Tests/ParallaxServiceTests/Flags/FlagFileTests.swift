@testable import FeatureFlags
import Foundation
import ParallaxCore
import Testing

@testable import ParallaxService

@Suite struct FlagFileTests {
    static let bytes = FlagDefinitionFile.canonical(.defaultValue).bytes
    static let others = FlagDefinitionFile.canonical(.legacy).bytes

    @Test("what was written is read back, and nothing else is left in the folder")
    func roundTrip() async throws {
        try await FlagFolder.with { folder in
            let file = FlagFile(path: folder.path)
            let time = try file.replace(with: Self.bytes, expecting: .absent)
            #expect(try file.read() == FlagFile.Content(bytes: Self.bytes, modificationTime: time))
            #expect(try folder.others() == [])
        }
    }

    @Test("the modification time is strictly above the old one, also where that lies in the future")
    func modificationTime() async throws {
        try await FlagFolder.with { folder in
            let file = FlagFile(path: folder.path)
            var last = try file.replace(with: Self.bytes, expecting: .absent)
            let future = Date(timeIntervalSinceNow: 3600)
            try FileManager.default.setAttributes([.modificationDate: future], ofItemAtPath: folder.path)
            for _ in 0..<5 {
                let time = try file.replace(with: Self.bytes, expecting: .content(Self.bytes))
                #expect(time > last)
                #expect(time > Int64(future.timeIntervalSince1970) * 1_000_000_000)
                #expect(try file.read().modificationTime == time)
                // Readers that keep times as floating-point seconds see it too.
                #expect(Double(time) / 1e9 > Double(last) / 1e9)
                last = time
            }
            let above = last + 5_000_000_000
            #expect(try file.replace(with: Self.bytes, expecting: .anything, above: above) > above)
        }
    }

    @Test("the permissions stay")
    func permissions() async throws {
        try await FlagFolder.with { folder in
            let file = FlagFile(path: folder.path)
            _ = try file.replace(with: Self.bytes, expecting: .absent)
            try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: folder.path)
            _ = try file.replace(with: Self.others, expecting: .content(Self.bytes))
            #expect(FileStatus(at: folder.path)?.permissions == 0o640)
        }
    }

    @Test("behind a symbolic link the file it leads to is replaced, and the link stays")
    func symbolicLink() async throws {
        try await FlagFolder.with { folder in
            let target = folder.folder + "/real.json"
            _ = try FlagFile(path: target).replace(with: Self.bytes, expecting: .absent)
            try FileManager.default.createSymbolicLink(atPath: folder.path, withDestinationPath: "real.json")
            _ = try FlagFile(path: folder.path).replace(with: Self.others, expecting: .content(Self.bytes))
            #expect(try FlagFile(path: target).read().bytes == Self.others)
            #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder.path) == "real.json")
        }
    }

    @Test("a dangling link is an error that says so")
    func danglingLink() async throws {
        try await FlagFolder.with { folder in
            try FileManager.default.createSymbolicLink(atPath: folder.path, withDestinationPath: "nowhere.json")
            let error = try #require(throws: FlagFileError.self) {
                try FlagFile(path: folder.path).replace(with: Self.bytes, expecting: .absent)
            }
            #expect(error.message.contains("dangling symbolic link"))
        }
    }

    @Test("a file that another program changed after it was read is left as it is")
    func changedMeanwhile() async throws {
        try await FlagFolder.with { folder in
            let file = FlagFile(path: folder.path)
            _ = try file.replace(with: Self.bytes, expecting: .absent)
            for expectation in [FlagFile.Expectation.absent, .content(Self.others)] {
                let error = try #require(throws: FlagFileError.self) {
                    try file.replace(with: Self.others, expecting: expectation)
                }
                #expect(error.code == .changedMeanwhile)
            }
            let error = try #require(throws: FlagFileError.self) {
                try file.replace(with: Self.others, expecting: .content(Self.bytes)) {
                    try? folder.write("by someone else at the last moment")
                }
            }
            #expect(error.code == .changedMeanwhile)
            #expect(try folder.content() == Array("by someone else at the last moment".utf8))
            #expect(try folder.others() == [])
        }
    }

    @Test("a file that is replaced unread is kept next to the new one")
    func keptAside() async throws {
        try await FlagFolder.with { folder in
            try folder.write("garbage")
            _ = try FlagFile(path: folder.path).replace(with: Self.bytes, expecting: .anything)
            let kept = try #require(try folder.others().first)
            #expect(try String(contentsOfFile: folder.folder + "/" + kept, encoding: .utf8) == "garbage")
        }
    }

    @Test("errors name the file and what to do")
    func errors() async throws {
        try await FlagFolder.with { folder in
            let missing = FlagFile(path: folder.folder + "/no/such/flags.json")
            let reading = try #require(throws: FlagFileError.self) { try missing.read() }
            #expect(reading.code == .missing)
            #expect(reading.message.contains(missing.path) && reading.message.contains("FEATURE_FLAG_FILE"))
            let writing = try #require(throws: FlagFileError.self) {
                try missing.replace(with: Self.bytes, expecting: .absent)
            }
            #expect(writing.code == .missing)
            let isFolder = try #require(throws: FlagFileError.self) { try FlagFile(path: folder.folder).read() }
            #expect(isFolder.code == .unreadable)
            try folder.write(String(repeating: "x", count: FlagDefinitionFile.maximumBytes + 1))
            let tooLarge = try #require(throws: FlagFileError.self) { try FlagFile(path: folder.path).read() }
            #expect(tooLarge.code == .unreadable)
        }
    }

    @Test(
        "each failure of the operating system comes with its remedy",
        arguments: [
            (EACCES, FlagFileError.Code.forbidden, "let the user"), (EROFS, .forbidden, "mount its folder for writing"),
            (ENOSPC, .failed, "free space"), (ENOENT, .missing, "create it"), (ELOOP, .unreadable, "symbolic links"),
            (EIO, .failed, "disk"),
        ])
    func remedies(number: CInt, code: FlagFileError.Code, remedy: String) {
        let error = FlagFileError(SystemCallError(number: number), doing: "write", path: "/etc/flags.json")
        #expect(error.code == code)
        #expect(error.message.contains("/etc/flags.json") && error.message.contains(remedy))
    }

    @Test("a lock that another program keeps does not stop a writer for good")
    func lock() async throws {
        try await FlagFolder.with { folder in
            let isDone = try FlagFileLock.hold(beside: folder.path) { () throws(FlagFileError) in
                try FlagFileLock.hold(beside: folder.path, timeout: .milliseconds(5)) { () throws(FlagFileError) in
                    true
                }
            }
            #expect(isDone)
        }
    }

    @Test("a named pipe in place of the lock does not stop a writer", .timeLimit(.minutes(1)))
    func pipeAsLock() async throws {
        try await FlagFolder.with { folder in
            let path = URL(filePath: folder.path)
            let lock = path.deletingLastPathComponent().appending(path: ".\(path.lastPathComponent).lock").path
            try? FileManager.default.removeItem(atPath: lock)
            #expect(mkfifo(lock, 0o600) == 0)
            let isDone = try FlagFileLock.hold(beside: folder.path) { () throws(FlagFileError) in true }
            #expect(isDone)
        }
    }

    @Test("the hash is SHA-256 in lower-case hexadecimal")
    func hash() {
        #expect(
            FlagFile.hash(Array("abc".utf8)) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }
}
