import CommandSupport
import Foundation
import ParallaxCore
import RedisLimiting

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

/// What one run of redis-benchmark measured, read from its CSV.
struct RedisBenchmarkOutput: Equatable, Encodable, Sendable {
    var callsPerSecond: Double
    /// The median latency.
    var p50Milliseconds: Double
    var p99Milliseconds: Double
}

extension RedisBenchmarkOutput {
    private static let header = [
        "test", "rps", "avg_latency_ms", "min_latency_ms", "p50_latency_ms", "p95_latency_ms", "p99_latency_ms",
        "max_latency_ms",
    ]

    /// Reads the output of `redis-benchmark --csv` for one command.
    ///
    /// - Returns: `nil` if it is not the header that redis-benchmark 7 writes and one row of numbers under it.
    init?(parsing text: String) {
        let lines = text.split(whereSeparator: \.isNewline)
        guard let place = lines.firstIndex(where: { Self.cells($0) == Self.header }), place + 1 < lines.count else {
            return nil
        }
        // The first cell is the command itself and could hold anything.
        let numbers = Self.cells(lines[place + 1]).suffix(Self.header.count - 1).compactMap(Double.init)
        guard numbers.count == Self.header.count - 1, numbers.allSatisfy(\.isFinite) else { return nil }
        callsPerSecond = numbers[0]
        p50Milliseconds = numbers[3]
        p99Milliseconds = numbers[5]
    }

    private static func cells(_ line: Substring) -> [String] {
        line.split(separator: ",", omittingEmptySubsequences: false).map {
            $0.hasPrefix("\"") && $0.hasSuffix("\"") ? String($0.dropFirst().dropLast()) : String($0)
        }
    }
}

/// The limiter's script as redis-benchmark can call it.
///
/// redis-benchmark ends every word at its first zero byte, and the windows' numbers hold some. Such an argument is
/// replaced by one of as many other bytes, and a line before the script restores the right one, which takes a few
/// hundredths of a microsecond. So the number and the lengths of the words are the same.
struct ScriptForRedisBenchmark: Equatable, Sendable {
    /// What redis-benchmark replaces by twelve digits, another number in every call.
    static let placeholder = "__rand_int__"
    private static let digits = 12

    /// The script to load.
    let source: [UInt8]
    /// The key and the arguments.
    let words: [String]

    /// The name of an identity, as redis-benchmark makes it from its number.
    static func identifier(_ number: Int) -> String {
        let text = String(number)
        return "client-" + String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
    }

    /// - Parameters:
    ///   - source: The limiter's script.
    ///   - command: `EVALSHA`, hash, `1`, key and arguments, as the limiter sends them.
    init(source: [UInt8], command: [[UInt8]]) {
        precondition(command.count > 3, "the script has a key")
        var before = ""
        var words = [String(decoding: command[3], as: UTF8.self)]
        for (place, argument) in command[4...].enumerated() {
            if argument.contains(0) {
                before += "ARGV[\(place + 1)] = '\(Self.escaped(argument))'\n"
                words.append(String(repeating: "x", count: argument.count))
            } else {
                words.append(String(decoding: argument, as: UTF8.self))
            }
        }
        self.source = Array(before.utf8) + source
        self.words = words
    }

    /// For requests of one policy, each of another identity.
    init(_ script: MeasuredScript, policy: Policy) throws {
        let request = try CheckRequest(identity: Identity(identifier: "client-\(Self.placeholder)"), policy: policy)
        self.init(source: script.source, command: script.command(for: request).words)
    }

    /// The bytes between the quotes of a Lua string: each as a backslash and three digits.
    private static func escaped(_ bytes: [UInt8]) -> String {
        bytes.map { byte in
            let digits = String(byte)
            return #"\"# + String(repeating: "0", count: 3 - digits.utf8.count) + digits
        }.joined()
    }
}
