import Glibc
import ParallaxCore
import ParallaxTesting
import RedisLimiting
import Testing

@Suite struct EmbeddedRedisTests {
    private static let request = try! CheckRequest(identity: Identity(identifier: "caller"), policy: .defaultValue)

    @Test("it answers in a folder that only its owner may read, and is gone with its folder when it is stopped")
    func startsAndStops() async throws {
        let redis = try await EmbeddedRedis.start(logger: .silent)
        let running = Task { await redis.run() }
        let process = try #require(redis.processID)
        guard case .unixSocket(let path) = redis.url.endpoint else {
            Issue.record("an embedded server listens on \(redis.url)")
            return
        }
        let folder = String(path.dropLast("/redis.sock".count))
        #expect(permissions(of: folder) == 0o700)
        try await withRedisLimiter(RedisSettings(url: redis.url, decisionTimeout: .seconds(30))) { limiter in
            #expect(await limiter.check(Self.request, at: nil).isAllowed)
        }
        running.cancel()
        await running.value
        #expect(kill(process, 0) != 0)
        #expect(permissions(of: folder) == nil)
    }

    @Test("a server that dies is started again at the same address")
    func restarts() async throws {
        let redis = try await EmbeddedRedis.start(logger: .silent)
        let running = Task { await redis.run() }
        let process = try #require(redis.processID)
        var settings = RedisSettings(url: redis.url, decisionTimeout: .seconds(30))
        settings.breaker.probeInterval = .milliseconds(20)
        try await withRedisLimiter(settings) { limiter in
            #expect(await limiter.check(Self.request, at: nil).isAllowed)
            kill(process, SIGKILL)
            while await !limiter.check(Self.request, at: nil).isAllowed || redis.processID == process {
                await Task.yield()
            }
        }
        running.cancel()
        await running.value
    }

    @Test("where the server is not installed, the error says how to install it")
    func notInstalled() throws {
        let folder = try ServerFolder()
        defer { folder.remove() }
        let error = #expect(throws: EmbeddedRedisError.self) {
            try ServerProcess(folder: folder, program: "redis-server-of-nowhere")
        }
        #expect(error?.code == .notInstalled)
        #expect(error?.message.contains("apt-get install redis-server") == true)
    }

    @Test("a server that ends at once is an error with its last words")
    func endsAtOnce() async throws {
        let folder = try ServerFolder()
        defer { folder.remove() }
        let process = try ServerProcess(folder: folder, arguments: ["--no-such-setting", "1"])
        let url = RedisURL(endpoint: .unixSocket(path: folder.socketPath))
        let error = await #expect(throws: EmbeddedRedisError.self) { try await process.waitUntilAnswering(at: url) }
        #expect(error?.code == .notAnswering)
        #expect(error?.message.contains("no-such-setting") == true)
    }

    @Test("it does not outlive an owner that was killed")
    func diesWithOwner() async throws {
        let folder = try ServerFolder()
        var ends: [CInt] = [0, 0]
        #expect(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0)
        // The owner: a process that does nothing but hold the other end, as a killed service would have.
        let owner = try ChildProcess.spawn("/bin/sh", ["sh", "-c", "sleep 600"], standardOutput: ends[1])
        let shell = try ChildProcess.spawn(
            "/bin/sh",
            [
                "sh", "-c", ServerProcess.guardScript, "test", folder.path, "redis-server", "--port", "0",
                "--unixsocket", folder.socketPath, "--save", "", "--pidfile", folder.path + "/redis.pid",
            ], standardInput: ends[0])
        for end in ends { close(end) }
        let settings = RedisSettings(
            url: RedisURL(endpoint: .unixSocket(path: folder.socketPath)),
            reconnectDelays: .milliseconds(5) ... .milliseconds(20))
        try await withRedisLimiter(settings) { limiter in
            while (try? await limiter.probe().get()) == nil { await Task.yield() }
            // The whole session, since the owner's own child holds the end too.
            kill(-owner, SIGKILL)
            while (try? await limiter.probe().get()) != nil { await Task.yield() }
        }
        var status: CInt = 0
        #expect(waitpid(shell, &status, 0) == shell)
        #expect(waitpid(owner, &status, 0) == owner)
        #expect(permissions(of: folder.path) == nil)
    }

    /// The permission bits of a file; `nil` if there is none.
    private func permissions(of path: String) -> mode_t? {
        var information = stat()
        return stat(path, &information) == 0 ? information.st_mode & 0o777 : nil
    }
}
