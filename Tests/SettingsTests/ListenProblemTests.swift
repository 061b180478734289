@testable import Settings
import Foundation
import ParallaxTesting
import RedisLimiting
import Testing

/// What `config check` finds by trying: the address to listen on, `redis-server`, and Redis itself.
@Suite struct ListenProblemTests {
    private func load(_ environment: [String: String]) async throws -> LoadedSettings {
        try await withTemporaryFolder { folder in
            var environment = environment
            environment["CONFIG_DIRECTORY"] = folder
            environment["FEATURE_FLAG_FILE"] = folder + "/flags.json"
            environment["DATABASE_PATH"] = folder + "/parallax.sqlite"
            return await Settings.load(environment: environment, hostName: "host")
        }
    }

    @Test("an address that is not this machine's is an error, and a port in use a warning")
    func addresses() async throws {
        let foreign = try await load(["HTTP_HOST": "203.0.113.7"]).checkingAddress()
        #expect(foreign.errors.map(\.setting) == ["HTTP_HOST"])
        #expect(foreign.errors.map(\.kind) == [.unusableAddress])
        #expect(try await load(["HTTP_PORT": "0"]).checkingAddress().findings.isEmpty)
        let listener = try PortInUse()
        let used = try await load(["HTTP_PORT": "\(listener.port)"]).checkingAddress()
        #expect(used.errors.isEmpty && used.findings.map(\.setting) == ["HTTP_PORT"])
    }

    @Test("an embedded Redis needs a redis-server that is installed")
    func embedded() async throws {
        let loaded = try await load(["EMBEDDED_REDIS": "true"])
        #expect(loaded.checkingEmbeddedRedis(path: "/nonexistent").errors.map(\.setting) == ["EMBEDDED_REDIS"])
        #expect(try await load([:]).checkingEmbeddedRedis(path: "").findings.isEmpty)
        try withTemporaryFolder { folder in
            let isMade = FileManager.default.createFile(
                atPath: folder + "/redis-server", contents: Data(), attributes: [.posixPermissions: 0o755])
            #expect(isMade)
            #expect(loaded.checkingEmbeddedRedis(path: "/nonexistent:\(folder)").findings.isEmpty)
        }
    }

    @Test(
        "what Redis says decides what is to be done about it",
        arguments: [
            (RedisError.Code.unauthorized, "Redis refuses this user", "password"),
            (.disconnected, "Redis does not answer", "start it"), (.timedOut, "Redis does not answer", "start it"),
            (.readOnly, "Redis answers and cannot decide", "docs/operations.md"),
        ])
    func redis(code: RedisError.Code, problem: String, remedy: String) async throws {
        let checked = try await load([:]).checkingRedis { _ in RedisCheck(error: RedisError(code, "why")) }
        let finding = try #require(checked.findings.first)
        #expect(finding.kind == .unreachable && finding.setting == "REDIS_URL")
        #expect(finding.problem.hasPrefix(problem) && finding.problem.contains("why"))
        #expect(finding.remedy.contains(remedy))
    }
}

/// A port of the loopback address that is listened on until this is let go of.
private final class PortInUse {
    private let descriptor: Int32
    let port: Int

    init() throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        port = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                guard bind(descriptor, address, length) == 0, listen(descriptor, 1) == 0,
                    getsockname(descriptor, address, &length) == 0
                else { return 0 }
                return Int(UInt16(bigEndian: UnsafeRawPointer(address).load(as: sockaddr_in.self).sin_port))
            }
        }
        try #require(port != 0)
    }

    deinit { close(descriptor) }
}
