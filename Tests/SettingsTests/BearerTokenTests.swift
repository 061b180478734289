import ParallaxTesting
@testable import Settings
import Foundation
import RedisLimiting
import Testing

@Suite struct BearerTokenTests {
    @Test("a token is read from a file without the line end")
    func readsFiles() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/token"
            try "  a-secret-of-some-length \n".write(toFile: path, atomically: true, encoding: .utf8)
            let token = try BearerToken(file: path)
            #expect(token.matches(authorization: "Bearer a-secret-of-some-length"))
            #expect(!token.matches(authorization: "Bearer a-secret-of-some-lengti"))
        }
    }

    @Test("a token of other than printable ASCII, or in a file that others may write, is refused")
    func refusesUnusableTokens() throws {
        try withTemporaryFolder { folder in
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
        try withTemporaryFolder { folder in
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
