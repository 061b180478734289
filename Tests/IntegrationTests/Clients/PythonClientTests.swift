import Foundation
import Testing

/// The client for Python, tested by its own tests with real uvicorn, FastAPI and Flask against the built binary.
@Suite struct PythonClientTests {
    @Test("the tests of the Python client pass against the service", .timeLimit(.minutes(5)))
    func python() async throws {
        try await withFolder { folder in
            let tests = try await ClientTests.run("clients/python/test.sh", [folder.appending(path: "venv").path])
            // What test.sh says if there is no Python, or PyPI does not answer.
            if tests.status == 75, !ClientTests.isIntegration {
                try Test.cancel("no packages to test the Python client with: \(tests.output.suffix(500))")
            }
            #expect(tests.status == 0, "\(tests.output.suffix(5000))")
        }
    }
}

/// The script of a client that runs its tests.
enum ClientTests {
    static let isIntegration = ProcessInfo.processInfo.environment["CI"].map { !$0.isEmpty && $0 != "false" } ?? false

    /// Runs a script of the repository to its end, with the built binary as `PARALLAX`.
    ///
    /// - Returns: Its exit status, and what it printed.
    static func run(_ script: String, _ arguments: [String]) async throws -> (status: Int32, output: String) {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let process = Process()
        process.executableURL = root.appending(path: script)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(["PARALLAX": ParallaxBinary.url.path]) { $1 }
        process.standardInput = FileHandle.nullDevice
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        return try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                do {
                    try process.run()
                    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
                    process.waitUntilExit()
                    continuation.resume(returning: (process.terminationStatus, text))
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        }
    }
}
