import Glibc
import NIOPosix
import Synchronization

/// One run of `redis-server` as a child of this process, on a Unix socket, without persistence.
///
/// It cannot outlive its owner: between the two stands a shell whose standard input is one end of a pair whose other
/// end only this process holds. However this process ends, that end closes; the shell then kills the server and removes
/// the folder.
/// Both run in a session of their own, so that Ctrl-C in a terminal does not reach the server before its clients are
/// done.
package final class ServerProcess: Sendable {
    /// The shell's script: folder, then the server and its arguments.
    package static let guardScript = """
        folder=$1; shift
        exec 3<&0 >/dev/null 2>&1
        "$@" </dev/null >"$folder/redis.log" 2>&1 3<&- &
        server=$!
        (while read -r _ <&3; do :; done; rm -rf "$folder"; kill -9 "$server") &
        watcher=$!
        wait "$server"; status=$?
        kill "$watcher"
        exit "$status"
        """

    package let socketPath: String
    private let folder: ServerFolder
    private let shell: Int32
    private let lifeline: Mutex<CInt?>
    private let exit = Promise<CInt>()

    /// Starts a server in a folder; a later one can be started there again when this one has ended.
    ///
    /// - Parameters:
    ///   - launcher: A command, with its arguments, that becomes the server: `env`, say.
    ///   - configurationFile: A file that the server reads first; a sentinel also writes to it.
    /// - Throws: ``EmbeddedRedisError`` if `redis-server` is not installed or the system makes no process.
    package init(
        folder: ServerFolder, launcher: [String] = [], program: String = "redis-server",
        configurationFile: String? = nil, arguments: [String] = []
    ) throws(EmbeddedRedisError) {
        guard ServerProcess.isInstalled(program) else {
            throw EmbeddedRedisError(
                .notInstalled, "\(program) is not installed; install it with: apt-get install redis-server")
        }
        self.folder = folder
        socketPath = folder.socketPath
        let server = [
            "--port", "0", "--unixsocket", folder.socketPath, "--unixsocketperm", "700", "--dir", folder.path,
            "--save", "", "--appendonly", "no", "--daemonize", "no", "--pidfile", folder.path + "/redis.pid",
        ]
        let words =
            ["sh", "-c", ServerProcess.guardScript, "parallax-redis", folder.path] + launcher + [program]
            + (configurationFile.map { [$0] } ?? []) + server + arguments
        var ends: [CInt] = [0, 0]
        // A pair of sockets, since it can be made closed to other children in one step, which a pipe cannot here.
        let kind = CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else {
            throw EmbeddedRedisError(.noProcess, "no pipe could be made: \(String(cString: strerror(errno)))")
        }
        defer { close(ends[0]) }
        do throws(EmbeddedRedisError) {
            shell = try ChildProcess.spawn("/bin/sh", words, standardInput: ends[0])
        } catch {
            close(ends[1])
            throw error
        }
        lifeline = Mutex(ends[1])
        reap()
    }

    deinit {
        end()
    }

    /// The server's own process id; `nil` before it has written it.
    package var processID: Int32? {
        ServerProcess.firstLine(ofFile: folder.path + "/redis.pid").flatMap { Int32($0) }
    }

    /// Kills the server; the shell removes the folder, unless the server had ended before.
    package func end() {
        lifeline.withLock { lifeline in
            guard let end = lifeline.take() else { return }
            close(end)
        }
    }

    /// Waits for the end of the server, whatever ends it. One task at a time may wait.
    ///
    /// - Returns: The shell's status: the server's, or 128 and the signal that ended it.
    @discardableResult
    package func waitForExit() async -> CInt {
        await exit.value()
    }

    /// What the server wrote last, for an error.
    var lastWords: String {
        (ServerProcess.lines(ofFile: folder.path + "/redis.log") ?? []).suffix(3).joined(separator: " | ")
    }

    var hasExited: Bool { exit.isSettled }

    /// Waits for the shell on a thread of its own, since waiting for a process blocks.
    private func reap() {
        let thread = NIOThreadPool(numberOfThreads: 1)
        thread.start()
        thread.submit { [exit, shell] _ in
            var status: CInt = 0
            while waitpid(shell, &status, 0) < 0, errno == EINTR {}
            exit.settle(status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f))
            thread.shutdownGracefully { _ in }
        }
    }
}

// MARK: Small system calls
extension ServerProcess {
    /// Whether a program stands in one of the folders of `PATH`.
    private static func isInstalled(_ program: String) -> Bool {
        let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
        return path.split(separator: ":").contains { access("\($0)/\(program)", X_OK) == 0 }
    }

    private static func lines(ofFile path: String) -> [Substring]? {
        guard let file = fopen(path, "re") else { return nil }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 64 << 10)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes[..<count], as: UTF8.self).split(separator: "\n")
    }

    private static func firstLine(ofFile path: String) -> Substring? {
        lines(ofFile: path)?.first
    }
}

extension ServerProcess {
    /// Waits until the server answers PING.
    ///
    /// - Parameter url: Its address, with the password if it asks for one.
    /// - Throws: ``EmbeddedRedisError`` with `notAnswering` if it ends before, or takes longer than the time-out.
    package func waitUntilAnswering(at url: RedisURL, timeout: Duration = .seconds(30)) async throws(EmbeddedRedisError)
    {
        let deadline = ContinuousClock.now + timeout
        while !hasExited, ContinuousClock.now < deadline, !Task.isCancelled {
            if await ServerProcess.answersPing(url) { return }
            try? await Task.sleep(for: .milliseconds(10))
        }
        throw EmbeddedRedisError(
            .notAnswering, "the private redis-server \(hasExited ? "ended" : "did not answer"): \(lastWords)")
    }

    private static func answersPing(_ url: RedisURL) async -> Bool {
        (try? await ask(RedisCommand("PING"), at: url)) == .status("PONG")
    }

    /// Asks a server something, on a connection of its own.
    ///
    /// - Throws: ``RedisError`` if it does not answer in time; an error that it answers is an answer.
    package static func ask(
        _ command: RedisCommand, at url: RedisURL, timeout: Duration = .seconds(1)
    ) async throws(RedisError) -> RedisReply {
        let oneShotClient = OneShotClient(
            settings: RedisSettings(url: url, connectionTimeout: timeout, socketTimeout: timeout), tls: nil,
            eventLoops: MultiThreadedEventLoopGroup.singleton, answerTimeout: timeout)
        return try await oneShotClient.ask(command, at: url)
    }
}
