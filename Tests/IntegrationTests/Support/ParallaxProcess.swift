import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

/// The built binary, run as a user runs it.
enum ParallaxBinary {
    /// Next to the test bundle, where the package manager builds it.
    static let url = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        .appending(path: "parallax")

    struct Output: Sendable {
        let status: Int32
        let text: String
        let errors: String
    }

    /// Runs a subcommand to its end.
    ///
    /// - Parameter keepsInput: Whether its standard input stays open until it ends, or this process does.
    static func run(
        _ arguments: [String], environment: [String: String] = [:], keepsInput: Bool = false
    ) async throws -> Output {
        let process = Process()
        process.executableURL = url
        process.arguments = arguments
        process.environment = cleanEnvironment.merging(environment) { $1 }
        let output = Pipe()
        let errors = Pipe()
        process.standardOutput = output
        process.standardError = errors
        let lifeline = Pipe()
        process.standardInput = keepsInput ? lifeline : FileHandle.nullDevice
        return try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                do {
                    try process.run()
                    let text = output.fileHandleForReading.readDataToEndOfFile()
                    let errorText = errors.fileHandleForReading.readDataToEndOfFile()
                    process.waitUntilExit()
                    try lifeline.fileHandleForWriting.close()
                    continuation.resume(
                        returning: Output(
                            status: process.terminationStatus, text: String(decoding: text, as: UTF8.self),
                            errors: String(decoding: errorText, as: UTF8.self)))
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        }
    }

    /// This process's environment without any setting of the service: a test says all that it wants.
    static var cleanEnvironment: [String: String] {
        ProcessInfo.processInfo.environment.filter { name, _ in
            ["PATH", "HOME", "LANG", "TMPDIR", "LLVM_PROFILE_FILE", "LD_LIBRARY_PATH"].contains(name)
        }
    }
}

/// A running `parallax serve`.
final class ParallaxProcess: Sendable {
    struct Response: Sendable {
        let status: Int
        let headers: HTTPHeaders
        let body: String

        subscript(header: String) -> String? { headers.first(name: header) }

        func json() throws -> [String: Any] {
            try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any] ?? [:]
        }
    }

    private let process: Process
    /// The child ends when this closes: no test that is killed leaves an instance behind.
    private let lifeline = Pipe()
    let url: String
    /// What it printed once it listened.
    let greeting: String

    var processIdentifier: Int32 { process.processIdentifier }

    /// Starts an instance on a free port and waits until it says where it listens.
    ///
    /// - Parameters:
    ///   - logLevel: The least severe level that it logs; `nil` for what its configuration says.
    ///   - errors: The file that its log goes to; `nil` for this process's standard error.
    ///   - maximumOpenFiles: The most files that it may have open; `nil` for as many as this process.
    ///   - mayRaiseThem: Whether that is only the soft limit.
    init(
        arguments: [String] = [], environment: [String: String], logLevel: String? = "warning", errors: URL? = nil,
        maximumOpenFiles: Int? = nil, mayRaiseThem: Bool = false
    ) async throws {
        let process = Process()
        process.executableURL = ParallaxBinary.url
        process.arguments = ["serve", "--exit-when-stdin-closes"] + arguments
        if let maximumOpenFiles {
            process.executableURL = URL(filePath: "/bin/sh")
            process.arguments =
                [
                    "-c", "ulimit \(mayRaiseThem ? "-Sn" : "-n") \(maximumOpenFiles) && exec \"$0\" \"$@\"",
                    ParallaxBinary.url.path,
                ]
                + (process.arguments ?? [])
        }
        process.environment = ParallaxBinary.cleanEnvironment
            .merging(["HTTP_PORT": "0", "LOG_LEVEL": logLevel].compactMapValues { $0 }) { $1 }
            .merging(environment) { $1 }
        process.standardInput = lifeline
        let output = Pipe()
        process.standardOutput = output
        if let errors {
            try Data().write(to: errors)
            process.standardError = try FileHandle(forWritingTo: errors)
        }
        try process.run()
        self.process = process
        greeting = try await Self.greeting(printedTo: output.fileHandleForReading)
        url = Self.address(in: greeting)!
    }

    /// Ends the instance if it is still running.
    deinit {
        if process.isRunning { Foundation.kill(process.processIdentifier, SIGKILL) }
    }

    /// Reads what the service prints up to the address, and goes on reading so that it never blocks on a full pipe.
    private static func greeting(printedTo handle: FileHandle) async throws -> String {
        try await withCheckedThrowingContinuation { continuation in
            // A thread of its own: those of the pool are few, and the tests' own tasks run on them.
            Thread.detachNewThread {
                var text = ""
                while !text.contains("\n") || address(in: text) == nil {
                    let data = handle.availableData
                    guard !data.isEmpty else {
                        continuation.resume(throwing: NotListening(output: text))
                        return
                    }
                    text += String(decoding: data, as: UTF8.self)
                }
                continuation.resume(returning: text)
                while !handle.availableData.isEmpty {}
            }
        }
    }

    private static func address(in text: String) -> String? {
        text.firstMatch(of: /http:\/\/127\.0\.0\.1:[0-9]+/).map { String($0.output) }
    }

    struct NotListening: Error {
        let output: String
    }

    func get(_ path: String, headers: [String: String] = [:]) async throws -> Response {
        try await send(.GET, path, headers: headers, body: nil)
    }

    func post(_ path: String, headers: [String: String] = [:], _ body: String) async throws -> Response {
        try await send(.POST, path, headers: headers, body: body)
    }

    func check(_ identifier: String, organization: String? = nil, cost: Int = 1) async throws -> Response {
        let tenant = organization.map { "\"organization\":\"\($0)\"," } ?? ""
        return try await post("/v1/check", "{\(tenant)\"identifier\":\"\(identifier)\",\"cost\":\(cost)}")
    }

    func send(
        _ method: HTTPMethod, _ path: String, headers: [String: String] = [:], body: String? = nil
    ) async throws -> Response {
        var request = HTTPClientRequest(url: url + path)
        request.method = method
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if let body {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(string: body))
        }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(10))
        let content = try await response.body.collect(upTo: 4 << 20)
        return Response(status: Int(response.status.code), headers: response.headers, body: String(buffer: content))
    }

    /// Asks it to stop, as an orchestrator does, and waits until it has.
    @discardableResult
    func terminate() async -> Int32 {
        process.terminate()
        return await exitStatus()
    }

    /// Kills it without warning and waits until it is gone.
    func kill() async {
        Foundation.kill(process.processIdentifier, SIGKILL)
        _ = await exitStatus()
    }

    func exitStatus() async -> Int32 {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                self.process.waitUntilExit()
                continuation.resume(returning: self.process.terminationStatus)
            }
        }
    }
}

/// Waits until something holds, asking again every few milliseconds; throws once it has waited too long.
func eventually(
    within limit: Duration = .seconds(30), _ what: String, _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + limit
    while try await !condition() {
        guard ContinuousClock.now < deadline else { throw NeverCame(what: what) }
        try await Task.sleep(for: .milliseconds(20))
    }
}

struct NeverCame: Error {
    let what: String
}

/// Runs a test in a folder of its own that is removed afterwards.
///
/// - Parameter inMemory: Where the test waits for what has been synchronized again and again, which a disk may take
///   long for.
func withFolder<Result>(inMemory: Bool = false, _ body: (URL) async throws -> Result) async throws -> Result {
    let memory = URL(filePath: "/dev/shm")
    let base =
        inMemory && FileManager.default.isWritableFile(atPath: memory.path)
        ? memory : FileManager.default.temporaryDirectory
    let folder = base.appending(path: "parallax-\(UUID().uuidString.prefix(8))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try await body(folder)
}
