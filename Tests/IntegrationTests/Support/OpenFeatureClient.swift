import Foundation
import Synchronization
import Testing

/// A Python with the OpenFeature client of PyPI, which no one here wrote, in a virtual environment of its own.
struct OpenFeatureEnvironment {
    static let package = "openfeature-provider-flagd==0.6.1"

    struct Unavailable: Error {
        let reason: String
    }

    let python: URL

    /// Makes it in a folder.
    ///
    /// - Parameter packages: What is installed, each with its version.
    /// - Throws: ``Unavailable`` if there is no Python, or the packages cannot be had.
    init(in folder: URL, packages: [String] = [package]) async throws {
        let place = folder.appending(path: "venv")
        python = place.appending(path: "bin/python")
        try await Self.run(URL(filePath: "/usr/bin/env"), ["python3", "-m", "venv", place.path])
        try await Self.run(
            python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"] + packages)
    }

    /// The same, or the end of the test: as skipped with the reason, and in continuous integration as failed.
    static func require(in folder: URL, packages: [String] = [package]) async throws -> OpenFeatureEnvironment {
        do {
            return try await OpenFeatureEnvironment(in: folder, packages: packages)
        } catch let error as Unavailable {
            let isIntegration = ProcessInfo.processInfo.environment["CI"].map { !$0.isEmpty && $0 != "false" } ?? false
            if isIntegration { throw error }
            try Test.cancel("no OpenFeature client to read the flag file with: \(error.reason)")
        }
    }

    /// Runs a script of the resources to its end.
    func run(_ script: String, _ arguments: [String]) async throws -> String {
        try await Self.run(python, [Self.resource(script).path] + arguments)
    }

    static func resource(_ name: String) -> URL {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Resources/\(name)")
    }

    /// - Returns: What it printed.
    @discardableResult
    private static func run(_ program: URL, _ arguments: [String]) async throws -> String {
        let process = Process()
        process.executableURL = program
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        let (status, text): (Int32, String) = try await withCheckedThrowingContinuation { continuation in
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
        guard status == 0 else {
            throw Unavailable(reason: "\(arguments.joined(separator: " ")) exited with \(status): \(text.suffix(500))")
        }
        return text
    }
}

/// A running application that reads a flag file through that client, and tells what it is given.
final class OpenFeatureClient: Sendable {
    /// What the application was given, from some moment on.
    struct Sight: Decodable, Sendable {
        /// Seconds since the Unix epoch.
        let time: Double
        /// One value for each of forty callers.
        let enabled: [Bool]
        let hybrid: Bool
        let percent: Double
        let variant: String?
        let error: String?

        /// The value that all callers are given; `nil` if they differ.
        var enabledForAll: Bool? { Set(enabled).count == 1 ? enabled.first : nil }
    }

    /// What the application told so far. Apart, so that who reads it does not keep the application running.
    private final class Sights: Sendable {
        private let sights = Mutex<[Sight]>([])

        var all: [Sight] { sights.withLock { $0 } }

        func read(_ handle: FileHandle) {
            var rest = Data()
            while true {
                let data = handle.availableData
                if data.isEmpty { return }
                rest += data
                while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                    if let sight = try? JSONDecoder().decode(Sight.self, from: rest[..<end]) {
                        sights.withLock { $0.append(sight) }
                    }
                    rest = Data(rest[rest.index(after: end)...])
                }
            }
        }
    }

    private let process = Process()
    private let lifeline = Pipe()
    private let sights = Sights()

    init(_ environment: OpenFeatureEnvironment, flagFile: String) throws {
        process.executableURL = environment.python
        process.arguments = [OpenFeatureEnvironment.resource("flag_client.py").path, flagFile]
        // What the client complains of at every reading of a broken file is not this test's to print.
        process.standardError = FileHandle.nullDevice
        process.standardInput = lifeline
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let handle = output.fileHandleForReading
        Thread.detachNewThread { [sights] in sights.read(handle) }
    }

    /// Ends the application if it is still running. It may hold back every signal that can be held back,
    /// as the thread does that started it.
    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    }

    /// All that it has told.
    var all: [Sight] { sights.all }

    /// Waits until what it was given last is something, and tells since when.
    @discardableResult
    func waitUntil(_ what: String, _ condition: (Sight) -> Bool) async throws -> Sight {
        try await eventually("the client sees \(what)") { all.last.map(condition) ?? false }
        return try #require(all.last)
    }
}
