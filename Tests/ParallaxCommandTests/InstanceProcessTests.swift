import CommandSupport
import Foundation
import Testing

@testable import parallax

@Suite struct InstanceProcessTests {
    private func withProcess(
        _ script: String, _ body: (InstanceProcess) async throws -> Void
    ) async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let process = try InstanceProcess(
            InstanceProcess.Launch(
                executable: "/bin/sh", arguments: ["-c", script], environment: ["PATH": "/usr/bin:/bin"],
                folder: folder.path, logPath: folder.path + "/log"))
        try await body(process)
        _ = await process.stop(grace: .zero)
    }

    private func waitForLog(_ process: InstanceProcess, _ text: String) async throws {
        while !process.lastLines(100).contains(text) {
            try #require(process.isRunning)
            await Task.yield()
        }
    }

    @Test("a child that obeys ends by itself")
    func obedient() async throws {
        try await withProcess("trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.01; done") { process in
            try await waitForLog(process, "up")
            #expect(await process.stop(grace: .seconds(20)))
            #expect(!process.isRunning)
            #expect(process.lastLines(1) == "bye")
        }
    }

    @Test("a child gets its time to end also where the task that stops it was cancelled")
    func cancelled() async throws {
        try await withProcess("trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.01; done") { process in
            try await waitForLog(process, "up")
            let stop = Task {
                while !Task.isCancelled { await Task.yield() }
                return await process.stop(grace: .seconds(20))
            }
            stop.cancel()
            #expect(await stop.value)
            #expect(process.lastLines(1) == "bye")
        }
    }

    @Test("a child that does not obey is killed")
    func stubborn() async throws {
        try await withProcess("trap '' TERM; echo up; while :; do sleep 0.01; done") { process in
            try await waitForLog(process, "up")
            #expect(await !process.stop(grace: .milliseconds(50)))
            #expect(!process.isRunning)
        }
    }

    @Test("a child has the pipe to its parent as standard input, and sees it close")
    func lifeline() async throws {
        try await withProcess("echo up; cat; echo closed; exec sleep 100") { process in
            try await waitForLog(process, "up")
            process.cutLifeline()
            try await waitForLog(process, "closed")
        }
    }

    @Test("a child that ended already is stopped at once")
    func endedAlready() async throws {
        try await withProcess("echo one; echo two; exit 3") { process in
            #expect(await process.stop(grace: .seconds(20)))
        }
    }

    @Test("a program that is not there is named in the error")
    func missing() throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let launch = InstanceProcess.Launch(
            executable: "/nonexistent/parallax", arguments: [], environment: [:], folder: folder.path,
            logPath: folder.path + "/log")
        let failure = #expect(throws: CommandFailure.self) { _ = try InstanceProcess(launch) }
        #expect(failure?.message.contains("/nonexistent/parallax") == true)
    }
}
