import ArgumentParser
import CommandSupport
import Foundation
import RedisLimiting
import Settings

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

/// Which running instance a command asks.
struct InstanceOption: ParsableArguments {
    @Option(
        name: .customLong("url"), parsing: .singleValue,
        help: ArgumentHelp(
            "The one instance to ask (default: this machine's, by the settings HTTP_HOST and HTTP_PORT).",
            valueName: "url"))
    var urls: [String] = []

    /// The instance's address, without a slash at its end.
    func resolve(environment: [String: String] = ProcessInfo.processInfo.environment) async throws -> String {
        guard let url = urls.first else { return try await Self.ownInstance(environment) }
        guard urls.count == 1 else {
            throw CommandFailure(
                .usage, "--url is given \(urls.count) times, but only one instance is asked",
                remedy: "Name one; ask the instances one after the other.")
        }
        guard let address = URLComponents(string: url), ["http", "https"].contains(address.scheme),
            address.host?.isEmpty == false
        else {
            throw CommandFailure(
                .usage, "--url \(url) is not an address", remedy: "Write it like http://127.0.0.1:8080.")
        }
        guard address.user == nil, address.password == nil else {
            throw CommandFailure(
                .usage, "--url holds a password", remedy: "Leave it out; the admin token is read from a file.")
        }
        return url.hasSuffix("/") ? String(url.dropLast()) : url
    }

    /// Where an instance with these settings can be reached from its own machine.
    private static func ownInstance(_ environment: [String: String]) async throws -> String {
        let http = try await Settings.load(for: .address, environment: environment).http
        guard http.port != 0 else {
            throw CommandFailure(
                .usage, "HTTP_PORT is 0, so the instance's port is not known",
                remedy: "Name the instance with --url; the service prints its address when it starts.")
        }
        let host =
            switch http.host {
            case "0.0.0.0": "127.0.0.1"
            case "::": "[::1]"
            case let host: host.contains(":") ? "[\(host)]" : host
            }
        return "http://\(host):\(http.port)"
    }
}
