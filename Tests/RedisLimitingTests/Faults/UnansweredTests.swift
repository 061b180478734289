import Glibc
import NIOCore
import ParallaxCore
import ParallaxTesting
import RedisLimiting
import Testing

/// Connections that are accepted and never answered.
@Suite(.timeLimit(.minutes(1))) struct UnansweredTests {
    private static let request = try! CheckRequest(identity: Identity(identifier: "caller"), policy: .defaultValue)

    @Test("a server that accepts and never answers costs a caller no more than the deadline")
    func neverAnswers() async throws {
        try await withSilentServer { path in
            let settings = RedisSettings(
                url: RedisURL(endpoint: .unixSocket(path: path), password: "pw"),
                connectionTimeout: .seconds(2), decisionTimeout: .milliseconds(20),
                reconnectDelays: .milliseconds(5) ... .milliseconds(10))
            try await withRedisLimiter(settings) { limiter in
                #expect(await limiter.check(Self.request, at: nil) == .unavailable(.timedOut))
                while limiter.health.reconnects == 0 { await Task.yield() }
                #expect(limiter.health.connections == 0)
            }
        }
    }
}

/// Lends the path of a socket that accepts connections and never says a word.
private func withSilentServer(_ body: (String) async throws -> Void) async throws {
    let folder = try ServerFolder()
    defer { folder.remove() }
    let server = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(server) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: folder.socketPath.utf8) }
    let status = withUnsafePointer(to: &address) { address in
        address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            bind(server, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
    }
    try #require(status == 0 && listen(server, 100) == 0)
    try await body(folder.socketPath)
}
