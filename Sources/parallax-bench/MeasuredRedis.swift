import CommandSupport
import NIOCore
import RedisLimiting

/// The private server under measurement: what is asked of it next to the script.
struct MeasuredRedis: Sendable {
    let client: RedisClient

    /// Empties the server.
    func flush() async throws {
        _ = try await send(RedisCommand("FLUSHALL", "SYNC"))
    }

    /// Loads a script.
    ///
    /// - Returns: The hash to call it by.
    func load(_ source: [UInt8]) async throws -> String {
        var command = RedisCommand("SCRIPT", "LOAD")
        command.append(source)
        guard let hash = try await send(command).text else { throw unexpected("SCRIPT LOAD") }
        return hash
    }

    func resetStatistics() async throws {
        _ = try await send(RedisCommand("CONFIG", "RESETSTAT"))
    }

    /// What a command has cost since the statistics were reset.
    func statistics(of command: String) async throws -> CommandStatistics {
        let text = try await send(RedisCommand("INFO", "commandstats")).text ?? ""
        guard let statistics = CommandStatistics(of: command, inInfo: text) else {
            throw unexpected("INFO commandstats")
        }
        return statistics
    }

    /// `used_memory`: what the server has allocated.
    func usedMemory() async throws -> Int {
        let text = try await send(RedisCommand("INFO", "memory")).text ?? ""
        guard let bytes = RedisInfo.number("used_memory", in: text) else { throw unexpected("INFO memory") }
        return bytes
    }

    /// The bytes that the server has allocated for a key and its value.
    func memory(of key: String) async throws -> Int {
        guard case .integer(let bytes) = try await send(RedisCommand("MEMORY", "USAGE", key)) else {
            throw unexpected("MEMORY USAGE")
        }
        return Int(bytes)
    }

    /// The server's clock in milliseconds.
    func time() async throws -> Int64 {
        guard case .array(let parts) = try await send(RedisCommand("TIME")), parts.count == 2,
            let seconds = parts[0].text.flatMap({ Int64($0) }), let micros = parts[1].text.flatMap({ Int64($0) })
        else { throw unexpected("TIME") }
        return seconds * 1000 + micros / 1000
    }

    /// Sends a command that must not fail.
    @discardableResult
    func send(_ command: RedisCommand) async throws -> RedisReply {
        let reply = try await client.send(command, deadline: .now() + .seconds(60))
        if case .error(let text) = reply {
            throw CommandFailure(.failure, "the private Redis refused a command: \(text)")
        }
        return reply
    }

    private func unexpected(_ command: String) -> CommandFailure {
        CommandFailure(.failure, "the private Redis answered \(command) in another way than Redis 7 does")
    }
}

/// How often Redis has run a command, and what that took of its processor time.
struct CommandStatistics: Equatable, Sendable {
    let calls: Int
    let microsecondsPerCall: Double
    /// Calls that were refused before they ran, or failed in running.
    let failures: Int
}

extension CommandStatistics {
    /// Reads the line of one command from `INFO commandstats`.
    ///
    /// - Parameter command: In lower case, as Redis writes it.
    /// - Returns: `nil` if the command was not run since the statistics were reset, or the line is none.
    init?(of command: String, inInfo text: String) {
        let start = "cmdstat_\(command):"
        guard let line = text.split(whereSeparator: \.isNewline).first(where: { $0.hasPrefix(start) }) else {
            return nil
        }
        // cmdstat_get:calls=7,usec=49,usec_per_call=7.00,rejected_calls=0,failed_calls=0
        let pairs = line.dropFirst(start.count).split(separator: ",").map { $0.split(separator: "=") }
        func number(_ name: String) -> Double? {
            pairs.first { $0.count == 2 && $0[0] == name }.flatMap { Double($0[1]) }
        }
        guard let calls = number("calls"), let each = number("usec_per_call"), let failed = number("failed_calls"),
            let rejected = number("rejected_calls")
        else { return nil }
        self.calls = Int(calls)
        microsecondsPerCall = each
        failures = Int(failed + rejected)
    }
}

extension MeasuredRedis {
    /// Reads Redis's `INFO`.
    enum RedisInfo {
        /// The whole number of a line `name:number`; `nil` if there is none.
        static func number(_ name: String, in text: String) -> Int? {
            text.split(whereSeparator: \.isNewline)
                .first { $0.hasPrefix(name + ":") }
                .flatMap { Int($0.dropFirst(name.utf8.count + 1)) }
        }
    }
}
