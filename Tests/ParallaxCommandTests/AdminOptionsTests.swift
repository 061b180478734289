import ArgumentParser
import Foundation
import Testing

@testable import parallax

@Suite struct AdminOptionsTests {
    private func withTokenFile(_ content: String, _ body: (String) throws -> Void) throws {
        let path = NSTemporaryDirectory() + "/token-\(UUID().uuidString)"
        try content.write(toFile: path, atomically: false, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: path) }
        try body(path)
    }

    private func failure(_ arguments: [String], _ environment: [String: String] = [:]) throws -> CommandFailure? {
        let options = try AdminOptions.parse(arguments)
        return #expect(throws: CommandFailure.self) {
            _ = try options.makeClient(environment: environment, transport: AdminClient.overHTTP)
        }
    }

    @Test("the token comes from the file that the option names, else the environment")
    func tokenFile() throws {
        try withTokenFile("s3cret\n") { path in
            let options = try AdminOptions.parse(["--admin-token-file", path, "--url", "http://h:1/"])
            let named = try options.makeClient(environment: [:], transport: AdminClient.overHTTP)
            #expect(named.token == "s3cret")
            #expect(named.baseURL == "http://h:1")
            let found = try AdminOptions.parse([])
                .makeClient(environment: ["ADMIN_TOKEN_FILE": path], transport: AdminClient.overHTTP)
            #expect(found.token == "s3cret")
            #expect(found.baseURL == "http://127.0.0.1:8080")
        }
    }

    @Test(
        "without a token, or with a file that is none, the file or the setting is named",
        arguments: ["", "a b", "a\nb", "é"])
    func badToken(content: String) throws {
        try withTokenFile(content) { path in
            let told = try failure(["--admin-token-file", path])
            #expect(told?.status == .badData)
            #expect(told?.message.contains(path) == true)
        }
        #expect(try failure([])?.status == .notPermitted)
        #expect(try failure(["--admin-token-file", "/nonexistent/token"])?.status == .noInput)
    }

    @Test(
        "without --url the instance of the environment's settings is asked",
        arguments: [
            ([:], "http://127.0.0.1:8080"), (["HTTP_PORT": "9000"], "http://127.0.0.1:9000"),
            (["HTTP_HOST": "0.0.0.0"], "http://127.0.0.1:8080"), (["HTTP_HOST": "::"], "http://[::1]:8080"),
            (["HTTP_HOST": "fd00::5", "HTTP_PORT": "1"], "http://[fd00::5]:1"),
            (["HTTP_HOST": "10.0.0.5"], "http://10.0.0.5:8080"),
        ])
    func ownAddress(environment: [String: String], url: String) throws {
        try withTokenFile("s3cret") { path in
            let client = try AdminOptions.parse(["--admin-token-file", path])
                .makeClient(environment: environment, transport: AdminClient.overHTTP)
            #expect(client.baseURL == url)
        }
    }

    @Test("a port that cannot be one, and several addresses, are refused")
    func refusedAddresses() throws {
        #expect(try failure([], ["HTTP_PORT": "x"])?.message.contains("HTTP_PORT") == true)
        let several = try failure(["--url", "http://a", "--url", "http://b"])
        #expect(several?.status == .usage && several?.message.contains("2 times") == true)
    }

    @Test(
        "what is no address is refused",
        arguments: ["127.0.0.1:8080", "ftp://h", "http://", "http://u:p@h", "nonsense"])
    func badAddress(url: String) throws {
        #expect(try failure(["--url", url])?.status == .usage)
    }
}
