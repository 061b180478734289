import RedisLimiting
import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import ParallaxTesting

/// Debian's Alertmanager on a port of its own, with its files in a folder of its own.
final class Alertmanager: Sendable {
    struct Alert: Decodable {
        struct Status: Decodable {
            let state: String
        }

        let labels: [String: String]
        let annotations: [String: String]
        let startsAt: String
        let endsAt: String
        let status: Status
    }

    private static let executable = "/usr/bin/prometheus-alertmanager"
    private let process = Process()
    let url: String

    /// Starts it and waits until it is ready.
    init(in folder: URL) async throws {
        let configuration = folder.appending(path: "alertmanager.yml")
        try Data("route: {receiver: none}\nreceivers: [{name: none}]\n".utf8).write(to: configuration)
        let port = try LoopbackPorts.find(1)[0]
        url = "http://127.0.0.1:\(port)"
        process.executableURL = URL(filePath: Self.executable)
        process.arguments = [
            "--config.file=\(configuration.path)", "--storage.path=\(folder.appending(path: "alertmanager").path)",
            "--web.listen-address=127.0.0.1:\(port)", "--cluster.listen-address=",
        ]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        do {
            try await eventually("Alertmanager is ready") {
                (try? await self.get("/-/ready")) != nil
            }
        } catch {
            await stop()
            throw error
        }
    }

    /// The alerts that hold, as its API tells them.
    func alerts() async throws -> [Alert] {
        let body = try await get("/api/v2/alerts")
        return try JSONDecoder().decode([Alert].self, from: body)
    }

    func alert(_ name: String) async throws -> Alert? {
        try await alerts().first { $0.labels["alertname"] == name }
    }

    /// Ends it, by its process.
    func stop() async {
        process.terminate()
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                self.process.waitUntilExit()
                continuation.resume()
            }
        }
    }

    private struct NotReady: Error {}

    private func get(_ path: String) async throws -> Data {
        let response = try await HTTPClient.shared.execute(HTTPClientRequest(url: url + path), timeout: .seconds(5))
        guard response.status.code == 200 else { throw NotReady() }
        return Data(try await response.body.collect(upTo: 1 << 20).readableBytesView)
    }
}
