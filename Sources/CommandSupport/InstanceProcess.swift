package import Foundation
package import ServiceLifecycle
import Synchronization

/// One instance of the service as a child process, whose output goes to a file.
///
/// The child's standard input is a pipe that no one writes to. It closes when this process ends, however it ends, and the
/// child watches it: no instance outlives the demonstration.
package final class InstanceProcess: Sendable {
    /// What is started.
    package struct Launch: Equatable, Sendable {
        package var executable: String
        package var arguments: [String]
        /// The child's whole environment.
        package var environment: [String: String]
        package var folder: String
        package var logPath: String

        package init(
            executable: String, arguments: [String], environment: [String: String], folder: String, logPath: String
        ) {
            self.executable = executable
            self.arguments = arguments
            self.environment = environment
            self.folder = folder
            self.logPath = logPath
        }
    }

    package let launch: Launch
    private let process = Process()
    private let lifeline = Pipe()
    private let exits: AsyncStream<Void>

    /// Starts the child.
    package init(_ launch: Launch) throws {
        self.launch = launch
        let (exits, exited) = AsyncStream<Void>.makeStream()
        self.exits = exits
        guard FileManager.default.createFile(atPath: launch.logPath, contents: nil),
            let log = FileHandle(forWritingAtPath: launch.logPath)
        else { throw CommandFailure(.failure, "cannot write \(launch.logPath)") }
        process.executableURL = URL(fileURLWithPath: launch.executable)
        process.arguments = launch.arguments
        process.environment = launch.environment
        process.currentDirectoryURL = URL(fileURLWithPath: launch.folder)
        process.standardInput = lifeline
        process.standardOutput = log
        process.standardError = log
        process.terminationHandler = { _ in exited.finish() }
        do {
            try process.run()
        } catch {
            throw CommandFailure(.failure, "cannot start \(launch.executable): \(error.localizedDescription)")
        }
    }

    package var isRunning: Bool { process.isRunning }

    package var processIdentifier: Int32 { process.processIdentifier }

    /// Waits for the child's end, at most this long and not beyond the task's cancellation.
    ///
    /// - Returns: Whether it ended.
    package func waitForExit(atMost limit: Duration) async -> Bool {
        await hasExited(within: limit)
    }

    /// Asks the child to end, and waits for it, also in a task that was cancelled: it has to write what it recorded.
    ///
    /// - Returns: Whether it ended by itself within `grace`; if not, it was killed.
    package func stop(grace: Duration) async -> Bool {
        process.terminate()
        let endedItself = await Task { await hasExited(within: grace) }.value
        if !endedItself {
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
        cutLifeline()
        return endedItself
    }

    /// Closes the child's standard input, as the end of this process would.
    package func cutLifeline() {
        try? lifeline.fileHandleForWriting.close()
    }

    /// Waits for the child's end, at most this long.
    private func hasExited(within limit: Duration) async -> Bool {
        await withTaskGroup(of: Bool.self) { group in
            group.addTask { [exits] in
                for await _ in exits {}
                return !Task.isCancelled
            }
            group.addTask {
                try? await Task.sleep(for: limit)
                return false
            }
            defer { group.cancelAll() }
            return await group.next() ?? false
        }
    }

    /// The last lines of the child's output, for an error message.
    package func lastLines(_ count: Int) -> String {
        let text =
            FileManager.default.contents(atPath: launch.logPath).map { String(decoding: $0, as: UTF8.self) } ?? ""
        return text.split(separator: "\n").suffix(count).joined(separator: "\n")
    }
}

/// Ends when standard input closes, and with it the group of services that it belongs to.
///
/// A parent that holds the other end of the pipe need not do anything for it: the pipe closes when the parent ends, even
/// when it is killed.
package struct StandardInputMonitor: Service {
    private let descriptor: Int32

    package init(descriptor: Int32 = STDIN_FILENO) {
        self.descriptor = descriptor
    }

    package func run() async {
        let (stream, end) = AsyncStream<Void>.makeStream()
        // Reading waits for as long as the parent lives: not on a thread that others need.
        let thread = Thread { [descriptor] in
            var byte: UInt8 = 0
            while true {
                let count = read(descriptor, &byte, 1)
                guard count > 0 || count < 0 && errno == EINTR else { break }
            }
            end.finish()
        }
        thread.start()
        for await _ in stream.cancelOnGracefulShutdown() {}
    }
}
