import ArgumentParser
import Foundation

/// How to reach a running instance's admin routes.
struct AdminOptions: ParsableArguments {
    @Option(
        name: .long,
        help: "The instance to ask (default: the settings HTTP_HOST and HTTP_PORT, or http://127.0.0.1:8080).")
    var url: [String] = []

    @Option(
        name: .customLong("admin-token-file"),
        help: ArgumentHelp(
            "The file that holds the admin token (default: the setting ADMIN_TOKEN_FILE).", valueName: "file"))
    var adminTokenFile: String?

    /// A client with the token read from its file.
    func makeClient(
        environment: [String: String] = ProcessInfo.processInfo.environment, transport: @escaping AdminClient.Transport
    ) throws -> AdminClient {
        guard url.count <= 1 else {
            throw CommandFailure(
                .usage, "--url is given \(url.count) times",
                remedy: "This command asks one instance; run it once for each.")
        }
        let url = try url.first ?? AdminOptions.ownURL(environment)
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

    /// Where a service with the settings of this environment listens, as seen from its own machine.
    private static func ownURL(_ environment: [String: String]) throws -> String {
        let text = environment["HTTP_PORT"] ?? ""
        guard text.isEmpty || Int(text).map({ (1...65_535).contains($0) }) == true else {
            throw CommandFailure(
                .configuration, "HTTP_PORT is not a number from 1 to 65535", remedy: "Correct it, or give --url.")
        }
        let host =
            switch environment["HTTP_HOST"] ?? "" {
            case "", "0.0.0.0": "127.0.0.1"
            case "::": "[::1]"
            case let host where host.contains(":"): "[\(host)]"
            case let host: host
            }
        return "http://\(host):\(text.isEmpty ? "8080" : text)"
    }

    private func readToken(_ environment: [String: String]) throws -> String {
        guard let path = adminTokenFile ?? environment["ADMIN_TOKEN_FILE"], !path.isEmpty else {
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
