import CommandSupport
import Foundation

/// The program that sends the requests and measures the answers (github.com/wg/wrk).
struct WrkCommand: Equatable, Sendable {
    static let connections = 64
    static let identifiers = 1000

    /// Where the program is.
    let path: String

    /// Finds the program in the folders of a `PATH`.
    static func find(searchPath: String) throws -> WrkCommand {
        let candidates = searchPath.split(separator: ":").map { "\($0)/wrk" }
        guard let path = candidates.first(where: FileManager.default.isExecutableFile(atPath:)) else {
            throw CommandFailure(
                .failure, "wrk, which sends the requests, was not found in PATH",
                remedy: "Install it: apt-get install wrk")
        }
        return WrkCommand(path: path)
    }

    /// Posts a check for each identifier in turn.
    static let script = """
        wrk.method = "POST"
        wrk.headers["Content-Type"] = "application/json"
        local requests = {}
        local last = 0

        function init(args)
          for number = 1, \(identifiers) do
            requests[number] = wrk.format(nil, nil, nil, '{"identifier":"client-' .. number .. '"}')
          end
        end

        function request()
          last = last % \(identifiers) + 1
          return requests[last]
        end

        """

    /// What follows the script where requests are to come at a steady rate: every connection waits at random between an
    /// answer and its next request, so long on average that all together come to the rate where answers take no time.
    static func pacing(requestsPerSecond rate: Int) -> String {
        """
        function delay()
          return math.random(0, \(2 * connections * 1000 / rate))
        end

        """
    }

    static func arguments(url: String, scriptPath: String, seconds: Int) -> [String] {
        ["-t1", "-c\(connections)", "-d\(seconds)s", "--latency", "-s", scriptPath, url]
    }

    /// Measures one server, and ends early with the task.
    func run(url: String, scriptPath: String, seconds: Int, outputPath: String) async throws -> WrkOutput {
        let process = try InstanceProcess(
            InstanceProcess.Launch(
                executable: path,
                arguments: WrkCommand.arguments(url: url, scriptPath: scriptPath, seconds: seconds),
                environment: [:], folder: NSTemporaryDirectory(), logPath: outputPath))
        // A server that hangs would hold wrk's last requests, but not wrk: it ends on its own clock.
        let hasEnded = await process.waitForExit(atMost: .seconds(seconds + 30))
        if !hasEnded { _ = await process.stop(grace: .seconds(1)) }
        process.cutLifeline()
        try Task.checkCancellation()
        let text = process.lastLines(100)
        guard hasEnded, let output = WrkOutput(parsing: text) else {
            throw CommandFailure(.failure, "wrk did not measure \(url)", remedy: "Its output:\n\(text)")
        }
        return output
    }
}

/// What one run of wrk measured, read from what it printed.
struct WrkOutput: Equatable, Encodable, Sendable {
    var requestsPerSecond: Double
    /// The median latency.
    var p50Milliseconds: Double
    var p99Milliseconds: Double
    /// Answers with another status than 2xx or 3xx.
    var non2xxCount: Int
    /// Connections, reads, writes and answers in time that failed.
    var socketErrorCount: Int

    var hasErrors: Bool { non2xxCount > 0 || socketErrorCount > 0 }
}

extension WrkOutput {
    /// Reads the output of `wrk --latency`.
    ///
    /// - Returns: `nil` if a figure is missing or is not a number.
    init?(parsing text: String) {
        var rate: Double?
        var percentiles: [Substring: Double] = [:]
        non2xxCount = 0
        socketErrorCount = 0
        for line in text.split(whereSeparator: \.isNewline) {
            let words = line.split(separator: " ")
            switch words.first {
            case "Requests/sec:" where words.count == 2: rate = Double(words[1])
            case "50%" where words.count == 2, "99%" where words.count == 2:
                percentiles[words[0]] = WrkOutput.milliseconds(words[1])
            case "Non-2xx":
                guard let count = Int(words[words.count - 1]) else { return nil }
                non2xxCount = count
            case "Socket":
                // Socket errors: connect 0, read 3, write 0, timeout 1
                socketErrorCount = words.compactMap { Int($0.filter { $0 != "," }) }.reduce(0, +)
            default: break
            }
        }
        guard let rate, rate.isFinite, let p50 = percentiles["50%"], let p99 = percentiles["99%"] else { return nil }
        requestsPerSecond = rate
        p50Milliseconds = p50
        p99Milliseconds = p99
    }

    /// A time as wrk writes it: `635.91us`, `1.20ms`, `2.01s`, `1.50m`, `1.00h`.
    private static func milliseconds(_ text: Substring) -> Double? {
        // The longer units first: "ms" ends in "s" too.
        let units: [(suffix: String, milliseconds: Double)] = [
            ("us", 0.001), ("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000),
        ]
        guard let unit = units.first(where: { text.hasSuffix($0.suffix) }),
            let number = Double(text.dropLast(unit.suffix.count)), number.isFinite
        else { return nil }
        return number * unit.milliseconds
    }
}

/// A program of the system that a measurement needs.
struct MeasuringProgram: Equatable, Sendable {
    let name: String
    /// The Debian package that brings it.
    let package: String

    static let wrk = MeasuringProgram(name: "wrk", package: "wrk")
    static let redisBenchmark = MeasuringProgram(name: "redis-benchmark", package: "redis-tools")

    /// Finds the program in the folders of a `PATH`.
    func find(searchPath: String) throws -> String {
        let candidates = searchPath.split(separator: ":").map { "\($0)/\(name)" }
        guard let path = candidates.first(where: FileManager.default.isExecutableFile(atPath:)) else {
            throw CommandFailure(
                .failure, "\(name), which sends the requests, was not found in PATH",
                remedy: "Install it: apt-get install \(package)")
        }
        return path
    }

    /// Finds it in this process's `PATH`.
    func find() throws -> String {
        try find(searchPath: ProcessInfo.processInfo.environment["PATH"] ?? "")
    }
}
