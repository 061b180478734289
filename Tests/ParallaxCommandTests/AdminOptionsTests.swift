import ArgumentParser
import CommandSupport
import Foundation
import Testing

@testable import parallax

@Suite struct AdminOptionsTests {
    private func withTokenFile(_ content: String, _ body: (String) async throws -> Void) async throws {
        let path = NSTemporaryDirectory() + "/token-\(UUID().uuidString)"
        try content.write(toFile: path, atomically: false, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: path) }
        try await body(path)
    }

    private func failure(_ arguments: [String], _ environment: [String: String] = [:]) async throws -> CommandFailure? {
        let options = try AdminOptions.parse(arguments)
        return await #expect(throws: CommandFailure.self) {
            _ = try await options.makeClient(environment: environment, transport: AdminClient.overHTTP)
        }
    }

    @Test("the token comes from the file that the option names, else the environment")
    func tokenFile() async throws {
        try await withTokenFile("s3cret\n") { path in
            let options = try AdminOptions.parse(["--admin-token-file", path, "--url", "http://h:1/"])
            let named = try await options.makeClient(environment: [:], transport: AdminClient.overHTTP)
            #expect(named.token == "s3cret")
            #expect(named.baseURL == "http://h:1")
            let found = try await AdminOptions.parse([])
                .makeClient(environment: ["ADMIN_TOKEN_FILE": path], transport: AdminClient.overHTTP)
            #expect(found.token == "s3cret")
            #expect(found.baseURL == "http://127.0.0.1:8080")
        }
    }

    @Test(
        "without a token, or with a file that is none, the file or the setting is named",
        arguments: ["", "a b", "a\nb", "é"])
    func badToken(content: String) async throws {
        try await withTokenFile(content) { path in
            let told = try await failure(["--admin-token-file", path])
            #expect(told?.status == .badData)
            #expect(told?.message.contains(path) == true)
        }
        #expect(try await failure([])?.status == .notPermitted)
        #expect(try await failure(["--admin-token-file", "/nonexistent/token"])?.status == .noInput)
    }

    @Test(
        "text that is not an address is refused",
        arguments: ["127.0.0.1:8080", "ftp://h", "http://", "http://u:p@h", "nonsense"])
    func badAddress(url: String) async throws {
        #expect(try await failure(["--url", url])?.status == .usage)
    }

    @Test("of several instances none is picked in silence")
    func severalInstances() async throws {
        let told = try await failure(["--url", "http://a:1", "--url", "http://b:1"])
        #expect(told?.status == .usage)
        #expect(told?.message == "--url is given 2 times, but only one instance is asked")
    }

    @Test(
        "the instance is the one that the settings let listen, unless --url names another",
        arguments: [
            ([:], [], "http://127.0.0.1:8080"), (["HTTP_PORT": "9000"], [], "http://127.0.0.1:9000"),
            (["HTTP_HOST": "0.0.0.0"], [], "http://127.0.0.1:8080"), (["HTTP_HOST": "::"], [], "http://[::1]:8080"),
            (["HTTP_HOST": "10.0.0.7", "HTTP_PORT": "81\r\n"], [], "http://10.0.0.7:81"),
            (["HTTP_PORT": "9000"], ["--url", "https://h"], "https://h"),
        ] as [([String: String], [String], String)])
    func instance(environment: [String: String], arguments: [String], url: String) async throws {
        #expect(try await InstanceOption.parse(arguments).resolve(environment: environment) == url)
    }

    @Test("an invalid address of the settings is never taken for the default one")
    func invalidInstance() async throws {
        #expect(try await failure(["--admin-token-file", "x"], ["HTTP_PORT": "eighty"])?.status == .configuration)
        #expect(try await failure(["--admin-token-file", "x"], ["HTTP_PORT": "0"])?.status == .usage)
    }
}
