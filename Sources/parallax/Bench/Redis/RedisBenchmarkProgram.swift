/// Redis's own load generator.
struct RedisBenchmarkProgram: Equatable, Sendable {
    /// How many calls are under way at once.
    struct Load: Equatable, Sendable {
        let connections: Int
        let pipelined: Int

        static let throughput = Load(connections: 50, pipelined: 16)
        static let alone = Load(connections: 1, pipelined: 1)
    }

    /// Where the program is.
    let path: String
    let socketPath: String
    /// For the program's output.
    let folder: String

    /// The words of its command line.
    ///
    /// - Parameters:
    ///   - hash: The SHA-1 under which Redis holds the script.
    ///   - identities: How many identities the calls are spread over, at random.
    func arguments(
        hash: String, script: ScriptForRedisBenchmark, identities: Int, calls: Int, load: Load
    ) -> [String] {
        [
            "-s", socketPath, "-c", "\(load.connections)", "-P", "\(load.pipelined)", "-n", "\(calls)",
            "-r", "\(identities)", "--csv", "--precision", "3", "EVALSHA", hash, "1",
        ] + script.words
    }

    /// Calls the script so many times, and ends early with the task.
    func run(
        hash: String, script: ScriptForRedisBenchmark, identities: Int, calls: Int, load: Load
    ) async throws -> RedisBenchmarkOutput {
        let arguments = arguments(hash: hash, script: script, identities: identities, calls: calls, load: load)
        let process = try InstanceProcess(
            InstanceProcess.Launch(
                executable: path, arguments: arguments,
                environment: [:], folder: folder, logPath: "\(folder)/redis-benchmark.csv"))
        let hasEnded = await process.waitForExit(atMost: .seconds(600))
        if !hasEnded { _ = await process.stop(grace: .seconds(1)) }
        process.cutLifeline()
        try Task.checkCancellation()
        let text = process.lastLines(20)
        guard hasEnded, let output = RedisBenchmarkOutput(parsing: text) else {
            throw CommandFailure(.failure, "redis-benchmark did not measure the script", remedy: "Its output:\n\(text)")
        }
        return output
    }
}
