import Foundation
import RedisLimiting
import Testing

@testable import ParallaxService

@Suite struct BearerTokenTests {
    @Test("a token is read from a file without the line end")
    func readsFiles() throws {
        try withFolder { folder in
            let path = folder + "/token"
            try "  a-secret-of-some-length \n".write(toFile: path, atomically: true, encoding: .utf8)
            let token = try BearerToken(file: path)
            #expect(token.matches(authorization: "Bearer a-secret-of-some-length"))
            #expect(!token.matches(authorization: "Bearer a-secret-of-some-lengti"))
        }
    }

    @Test("a token of other than printable ASCII, or in a file that others may write, is refused")
    func refusesUnusableTokens() throws {
        try withFolder { folder in
            let path = folder + "/token"
            try "a-secret-of-some-léngth".write(toFile: path, atomically: true, encoding: .utf8)
            #expect(throws: SecretFileError.notPrintable(path: path)) { try BearerToken(file: path) }
            try "a-secret-of-some-length".write(toFile: path, atomically: true, encoding: .utf8)
            chmod(path, 0o622)
            #expect(throws: SecretFileError.writableByOthers(path: path)) { try BearerToken(file: path) }
        }
    }

    @Test("a file that is missing, no text, empty or too short gives no token")
    func refusesFiles() throws {
        try withFolder { folder in
            #expect(throws: SecretFileError.unreadable(path: folder + "/none")) {
                try BearerToken(file: folder + "/none")
            }
            let path = folder + "/token"
            try Data([0xff, 0xfe]).write(to: URL(fileURLWithPath: path))
            #expect(throws: SecretFileError.notText(path: path)) { try BearerToken(file: path) }
            for text in ["", "\n", "fifteen-bytes-1"] {
                try text.write(toFile: path, atomically: true, encoding: .utf8)
                #expect(throws: SecretFileError.tooShort(path: path, minimumBytes: 16)) { try BearerToken(file: path) }
            }
        }
    }
}

/// Runs a test with a folder that is gone afterwards.
func withFolder<Value>(_ test: (String) throws -> Value) throws -> Value {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("parallax-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try test(folder)
}

/// Runs a test with a folder that is gone afterwards.
func withFolder<Value>(_ test: (String) async throws -> Value) async throws -> Value {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("parallax-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try await test(folder)
}
