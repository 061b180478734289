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
