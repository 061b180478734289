import RedisLimiting
import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import ParallaxTesting

/// Debian's nginx on a port of its own, with its files in a folder of its own.
final class Nginx: Sendable {
    struct Answer: Sendable {
        let status: Int
        let headers: HTTPHeaders
        let body: String
    }

    static let executable = "/usr/sbin/nginx"

    private let process = Process()
    private let url: String

    /// Starts it and waits until it answers.
    ///
    /// - Parameters:
    ///   - configuration: What stands in `http`, with the addresses of the examples: 127.0.0.1:8080 for the service and
    ///     127.0.0.1:9000 for the application, which is nginx itself.
    ///   - service: The service's address.
    init(in folder: URL, configuration: String, before service: String) async throws {
        let ports = try LoopbackPorts.find(2)
        url = "http://127.0.0.1:\(ports[0])"
        let file = folder.appending(path: "nginx.conf")
        let examples = configuration.replacing("127.0.0.1:8080", with: service.dropFirst("http://".count))
            .replacing("127.0.0.1:9000", with: "127.0.0.1:\(ports[1])")
            .replacing("server {\n", with: "server {\n  listen 127.0.0.1:\(ports[0]);\n")
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map { "\($0)_temp_path \(folder.path)/\($0);" }.joined(separator: "\n")
        let text = """
            daemon off; master_process off; pid \(folder.path)/nginx.pid; error_log \(folder.path)/nginx.log;
            events {}
            http {
            access_log off;
            \(temporary)
            server { listen 127.0.0.1:\(ports[1]); location / { return 200 "application"; } }
            \(examples)
            }
            """
        try Data(text.utf8).write(to: file)
        process.executableURL = URL(filePath: Self.executable)
        process.arguments = ["-c", file.path, "-p", folder.path, "-e", folder.appending(path: "nginx.log").path]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        do {
            // The application's own port: a question to the other one would cost a unit.
            try await eventually("nginx answers") {
                (try? await Self.get("http://127.0.0.1:\(ports[1])", headers: [:])) != nil
            }
        } catch {
            await stop()
            throw error
        }
    }

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    }

    func get(headers: [String: String] = [:]) async throws -> Answer {
        try await Self.get(url, headers: headers)
    }

    /// Ends it, by its process. SIGTERM can be blocked in a child of a test, and nginx leaves it so.
    func stop() async {
        kill(process.processIdentifier, SIGKILL)
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                self.process.waitUntilExit()
                continuation.resume()
            }
        }
    }

    private static func get(_ url: String, headers: [String: String]) async throws -> Answer {
        var request = HTTPClientRequest(url: url)
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(10))
        let body = try await response.body.collect(upTo: 1 << 20)
        return Answer(status: Int(response.status.code), headers: response.headers, body: String(buffer: body))
    }
}
