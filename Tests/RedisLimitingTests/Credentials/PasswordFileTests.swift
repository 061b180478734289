import Foundation
import ParallaxTesting
import Testing

@testable import RedisLimiting

@Suite struct PasswordFileTests {
    private func read(_ content: Data) throws -> String {
        let path = NSTemporaryDirectory() + "/parallax-password-\(UUID().uuidString)"
        try content.write(to: URL(fileURLWithPath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try PasswordFile(path: path).password
    }

    @Test(
        "a line end after the password is left out, and nothing else",
        arguments: [
            ("secret", "secret"), ("secret\n", "secret"), ("secret\r\n", "secret"), (" se cret \n", " se cret "),
            ("p@:/ß%😀\n", "p@:/ß%😀"),
        ])
    func reads(_ content: String, _ password: String) throws {
        #expect(try read(Data(content.utf8)) == password)
    }

    @Test("a file without one password on one line is an error that names the file and shows nothing of it")
    func refuses() throws {
        let cases: [(Data, String)] = [
            (Data(), "is empty"), (Data("\n".utf8), "is empty"), (Data("hunter2\n\n".utf8), "more than one line"),
            (Data("hunter2\nhunter3\n".utf8), "more than one line"),
            (Data("hunter2".utf8) + [0xff], "not hold UTF-8 text"),
            (Data(repeating: 0x68, count: 70_000), "not hold UTF-8 text"),
        ]
        for (content, problem) in cases {
            let error = #expect(throws: SecretFileError.self) { try read(content) }
            let text = try #require(error?.description)
            #expect(text.contains(problem) && text.contains("parallax-password-"), "\(text)")
            #expect(!text.contains("hunter"))
        }
    }

    @Test(
        "a file that cannot be read, or is a folder, is told from an empty one", arguments: ["/nonexistent/p", "/tmp"])
    func unreadable(_ path: String) {
        #expect(throws: SecretFileError.unreadable(path: path)) { try PasswordFile(path: path) }
    }

    @Test("a named pipe is refused and not waited for, as a password and as a certificate", .timeLimit(.minutes(1)))
    func refusesPipes() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/pipe"
            try #require(mkfifo(path, 0o600) == 0)
            #expect(throws: SecretFileError.notRegular(path: path)) { try PasswordFile(path: path) }
            #expect(TrustedCertificates.problem(withFile: path)?.contains(path) == true)
            #expect(ClientCertificate(certificateFile: path, keyFile: path).problem?.contains(path) == true)
        }
    }

    @Test("the password goes with the address's user, and never with another password")
    func joins() throws {
        let path = NSTemporaryDirectory() + "/parallax-password-\(UUID().uuidString)"
        try Data("hunter2\n".utf8).write(to: URL(fileURLWithPath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        let file = try PasswordFile(path: path)
        let url = try RedisURL("rediss://ann@cache:7000/3").authenticated(by: file)
        #expect(url == (try RedisURL("rediss://ann:hunter2@cache:7000/3")))
        let error = #expect(throws: RedisError.self) { try RedisURL("redis://:old@cache").authenticated(by: file) }
        #expect(error?.code == .configuration)
        for printed in ["\(file)", String(reflecting: file), "\([file])", "\(url)"] {
            #expect(!printed.contains("hunter2"))
        }
    }
}
