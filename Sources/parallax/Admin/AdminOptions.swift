import ArgumentParser
import Foundation
import ParallaxService

/// How to reach a running instance's admin routes.
struct AdminOptions: ParsableArguments {
    @OptionGroup var instance: InstanceOption

    @Option(
        name: .customLong("admin-token-file"),
        help: ArgumentHelp(
            "The file that holds the admin token (default: the setting ADMIN_TOKEN_FILE).", valueName: "file"))
    var adminTokenFile: String?

    /// A client with the token read from its file.
    func makeClient(
        environment: [String: String] = ProcessInfo.processInfo.environment, transport: @escaping AdminClient.Transport
    ) async throws -> AdminClient {
        let url = try await instance.resolve(environment: environment)
        return AdminClient(baseURL: url, token: try await readToken(environment), transport: transport)
    }

    private func readToken(_ environment: [String: String]) async throws -> String {
        var path = adminTokenFile
        if path == nil {
            path = try await Settings.load(for: .adminToken, environment: environment).http.adminTokenFile
        }
        guard let path, !path.isEmpty else {
            throw CommandFailure(
                .notPermitted, "no admin token",
                remedy: "Name the service's token file with --admin-token-file or ADMIN_TOKEN_FILE.")
        }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw CommandFailure(.noInput, "the admin token file \(path) cannot be read")
        }
        let token = String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        // Anything else could end the header and begin another.
        guard !token.isEmpty, token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
            throw CommandFailure(
                .badData, "the admin token file \(path) must hold one line of printable ASCII without spaces")
        }
        return token
    }
}
