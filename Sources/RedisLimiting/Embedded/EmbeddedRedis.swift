import Glibc
package import Logging
import ServiceLifecycle
import Synchronization

/// A private Redis server for trying things out: a child on a Unix socket in a temporary folder, without persistence,
/// started again when it dies, and gone when this process is gone.
package final class EmbeddedRedis: Service {
    /// Where it answers; the same after every start.
    package let url: RedisURL
    private let folder: ServerFolder
    private let logger: Logger
    /// The server that runs or has just died; `nil` once it was stopped.
    private let run: Mutex<Run>

    private struct Run {
        var process: ServerProcess?
    }

    private static let restartDelays: ClosedRange<Duration> = .milliseconds(100) ... .seconds(5)

    private init(folder: ServerFolder, process: ServerProcess, logger: Logger) {
        self.folder = folder
        self.logger = logger
        url = RedisURL(endpoint: .unixSocket(path: folder.socketPath))
        run = Mutex(Run(process: process))
    }

    /// Starts a server and waits until it answers.
    ///
    /// - Throws: ``EmbeddedRedisError`` if `redis-server` is not installed or does not come up.
    package static func start(logger: Logger) async throws(EmbeddedRedisError) -> EmbeddedRedis {
        let folder = try ServerFolder()
        do throws(EmbeddedRedisError) {
            let process = try ServerProcess(folder: folder)
            let redis = EmbeddedRedis(folder: folder, process: process, logger: logger)
            try await process.waitUntilAnswering(at: redis.url)
            return redis
        } catch {
            folder.remove()
            throw error
        }
    }

    /// The server's process id.
    package var processID: Int32? { run.withLock { $0.process }?.processID }

    /// Starts the server again whenever it dies, until the task is cancelled or the service shuts down; then ends it.
    package func run() async {
        await withTaskCancellationOrGracefulShutdownHandler {
            var backoff = Backoff(delays: EmbeddedRedis.restartDelays)
            var random = SystemRandomNumberGenerator()
            while let process = run.withLock({ $0.process }) {
                let started = ContinuousClock.now
                let status = await process.waitForExit()
                guard run.withLock({ $0.process != nil }) else { return }
                if started.duration(to: .now) > .seconds(10) { backoff.reset() }
                logger.warning("the private Redis has died and is started again", metadata: ["status": "\(status)"])
                try? await Task.sleep(for: backoff.delay(using: &random))
                startAgain()
            }
        } onCancelOrGracefulShutdown: {
            self.stop()
        }
        // A server that died by itself has left its folder.
        folder.remove()
    }

    /// Ends the server permanently and removes its folder.
    package func stop() {
        run.withLock { $0.process.take() }?.end()
    }

    private func startAgain() {
        let next: ServerProcess
        do throws(EmbeddedRedisError) {
            next = try ServerProcess(folder: folder)
        } catch {
            logger.error("the private Redis could not be started again", metadata: ["error": "\(error)"])
            return
        }
        let isWanted = run.withLock { run in
            guard run.process != nil else { return false }
            run.process = next
            return true
        }
        if !isWanted { next.end() }
    }
}

/// Why a private Redis server could not be started.
package struct EmbeddedRedisError: Error, Equatable, CustomStringConvertible {
    package enum Code: String, Sendable {
        case notInstalled
        case noFolder
        case noProcess
        case noPort
        /// It ended, or did not answer in time.
        case notAnswering
    }

    package let code: Code
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }
}

/// A fresh temporary folder, readable only by its owner, for a private server's socket.
package struct ServerFolder: Equatable, Sendable {
    package let path: String
    package var socketPath: String { path + "/redis.sock" }

    /// Makes the folder.
    ///
    /// - Throws: ``EmbeddedRedisError`` if the system does not allow it.
    package init() throws(EmbeddedRedisError) {
        let wanted = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        // The path of a Unix socket is short; a folder too deep for one gives way to /tmp.
        let parent = wanted.utf8.count > 60 || wanted.isEmpty ? "/tmp" : wanted
        var template = Array((parent + "/parallax-redis-XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else {
            throw EmbeddedRedisError(
                .noFolder, "no temporary folder could be made in \(parent): \(String(cString: strerror(errno)))")
        }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Removes the folder and what a server leaves in it; for a server that was never started.
    package func remove() {
        for name in ["redis.sock", "redis.pid", "redis.log"] { unlink(path + "/" + name) }
        rmdir(path)
    }
}
