import CommandSupport
import Settings
import ArgumentParser
import Foundation
import RedisLimiting

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
        do throws(SecretFileError) {
            return try SecretFile.read(path, as: .token)
        } catch {
            let status: CommandFailure.Status = error == .unreadable(path: path) ? .noInput : .badData
            throw CommandFailure(status, error.description, remedy: error.remedy)
        }
    }
}
