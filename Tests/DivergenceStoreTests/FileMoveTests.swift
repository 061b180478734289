import Foundation
import ParallaxCore
import Testing

@testable import DivergenceStore

@Suite struct FileMoveTests {
    @Test("a file is moved whole and replaces none, with hard links and without", arguments: [true, false])
    func moves(hasLinks: Bool) async throws {
        try await withTemporaryPath { path in
            func move(to destination: String) -> Bool {
                FileMove.move(path, to: destination) { from, to in
                    if hasLinks { return link(from, to) }
                    errno = EPERM
                    return -1
                }
            }
            try Data("mine".utf8).write(to: URL(fileURLWithPath: path))
            try Data("theirs".utf8).write(to: URL(fileURLWithPath: path + ".2"))
            #expect(!move(to: path + ".2") && errno == EEXIST)
            #expect(FileManager.default.contents(atPath: path) == Data("mine".utf8))
            #expect(FileManager.default.contents(atPath: path + ".2") == Data("theirs".utf8))
            #expect(move(to: path + ".3"))
            #expect(FileManager.default.contents(atPath: path + ".3") == Data("mine".utf8))
            #expect(!FileManager.default.fileExists(atPath: path))
            #expect(!move(to: path + ".4") && errno == ENOENT)
            #expect(!FileManager.default.fileExists(atPath: path + ".4"))
        }
    }

    @Test("a damaged database is moved aside with its -wal, or stays whole where it is")
    func movesTogether() async throws {
        try await withTemporaryPath { path in
            for ending in ["", "-wal", "-shm"] {
                try Data(ending.utf8).write(to: URL(fileURLWithPath: path + ending))
            }
            let obstacle = "\(path).damaged-7-wal"
            try Data().write(to: URL(fileURLWithPath: obstacle))
            #expect(throws: DivergenceStoreError.self) {
                try DamagedDatabase.moveAside(path, now: Timestamp(milliseconds: 7))
            }
            let folder = (path as NSString).deletingLastPathComponent
            #expect(
                try Set(FileManager.default.contentsOfDirectory(atPath: folder))
                    == ["test.sqlite", "test.sqlite-wal", "test.sqlite-shm", "test.sqlite.damaged-7-wal"])
            try FileManager.default.removeItem(atPath: obstacle)
            #expect(try DamagedDatabase.moveAside(path, now: Timestamp(milliseconds: 7)) == path + ".damaged-7")
            #expect(
                try Set(FileManager.default.contentsOfDirectory(atPath: folder))
                    == ["test.sqlite.damaged-7", "test.sqlite.damaged-7-wal", "test.sqlite.damaged-7-shm"])
        }
    }
}
