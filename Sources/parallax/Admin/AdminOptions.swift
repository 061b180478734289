import ArgumentParser
import Foundation
import RedisLimiting

/// How to reach a running instance's admin routes.
struct AdminOptions: ParsableArguments {
    @Option(name: .long, help: "The instance to ask.")
    var url = "http://127.0.0.1:8080"

    @Option(
        name: .customLong("admin-token-file"),
        help: ArgumentHelp(
            "The file that holds the admin token (default: the setting ADMIN_TOKEN_FILE).", valueName: "file"))
    var adminTokenFile: String?

    /// A client with the token read from its file.
    func makeClient(
        environment: [String: String] = ProcessInfo.processInfo.environment, transport: @escaping AdminClient.Transport
    ) throws -> AdminClient {
        guard let address = URLComponents(string: url), ["http", "https"].contains(address.scheme),
            address.host?.isEmpty == false
        else {
            throw CommandFailure(
                .usage, "--url \(url) is no address", remedy: "Write it like http://127.0.0.1:8080.")
        }
        guard address.user == nil, address.password == nil else {
            throw CommandFailure(
                .usage, "--url holds a password", remedy: "Leave it out; the admin token is read from a file.")
        }
        return AdminClient(
            baseURL: url.hasSuffix("/") ? String(url.dropLast()) : url, token: try readToken(environment),
            transport: transport)
    }

    private func readToken(_ environment: [String: String]) throws -> String {
        guard let path = adminTokenFile ?? environment["ADMIN_TOKEN_FILE"], !path.isEmpty else {
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
