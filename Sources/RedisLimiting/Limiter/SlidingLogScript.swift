import Crypto
import NIOCore
package import ParallaxCore

/// Runs `sliding_log.lua`: what goes to Redis for a request, and what its answer means.
struct SlidingLogScript: Sendable {
    let source = PackageResources.sliding_log_lua
    /// `EVALSHA <hash> 1`, which every call begins with.
    let evalsha: RedisCommand
    let keys: RedisKeyspace

    init(keys: RedisKeyspace = RedisKeyspace()) {
        self.keys = keys
        evalsha = RedisCommand("EVALSHA", Hexadecimal.encode(Insecure.SHA1.hash(data: source)), "1")
    }

    /// A decision, and whether the key had held a value that no release wrote.
    struct Judgement {
        let decision: Decision
        let replacedForeignValue: Bool
    }

    /// Checks a request, loading the script if Redis does not hold it.
    func check(
        _ request: CheckRequest, at now: Timestamp?, on client: RedisClient, deadline: NIODeadline
    ) async throws(RedisError) -> Judgement {
        let reply = try await run(
            key: { keys.append(request.identity, to: &$0) }, policy: request.policy, cost: request.cost, at: now,
            on: client, deadline: deadline)
        return try SlidingLogScript.judgement(from: reply, policy: request.policy, cost: request.cost)
    }

    /// Runs the script on a key of the probes' own, down to the write of one unit: a server that can only read fails.
    ///
    /// - Returns: Whether the key had held a value that no release wrote.
    @discardableResult
    func probe(
        key: [UInt8]? = nil, on client: RedisClient, deadline: NIODeadline
    ) async throws(RedisError) -> Bool {
        let key = key ?? Array(keys.probe.utf8)
        let reply = try await run(
            key: { $0.append(contentsOf: key) }, policy: SlidingLogScript.probePolicy, cost: 1, at: nil,
            on: client, deadline: deadline)
        return try SlidingLogScript.judgement(from: reply, policy: SlidingLogScript.probePolicy, cost: 1)
            .replacedForeignValue
    }

    /// A window so short and a limit so high that probes never refuse each other and leave nothing behind.
    private static let probePolicy = try! Policy(windows: [
        Window(name: "probe", limit: Policy.maximumLimit, durationMilliseconds: 1)
    ])

    private func run(
        key: (inout [UInt8]) -> Void, policy: Policy, cost: Int, at now: Timestamp?, on client: RedisClient,
        deadline: NIODeadline
    ) async throws(RedisError) -> RedisReply {
        var command = evalsha
        command.reserve(bytes: 256, words: 6)
        appendArguments(to: &command, key: key, policy: policy, cost: cost, now: now)
        let reply = try await client.send(command, deadline: deadline)
        guard case .error(let text) = reply else { return reply }
        let error = RedisError(serverReply: text)
        guard error.code == .noScript else { throw error }
        // EVAL runs the script and keeps it, so that the next EVALSHA finds it.
        var whole = RedisCommand("EVAL")
        whole.append(source)
        whole.append("1")
        appendArguments(to: &whole, key: key, policy: policy, cost: cost, now: now)
        return try await client.send(whole, deadline: deadline)
    }

    func appendArguments(
        to command: inout RedisCommand, key: (inout [UInt8]) -> Void, policy: Policy, cost: Int, now: Timestamp?
    ) {
        command.appendWord(writtenBy: key)
        command.appendWord { bytes in
            for window in policy.windows {
                SlidingLogScript.append(UInt32(window.limit), to: &bytes)
                SlidingLogScript.append(UInt32(window.durationMilliseconds), to: &bytes)
            }
        }
        command.append(Int64(cost))
        let kept = policy.longestDurationMilliseconds
        command.append(now == nil ? kept : kept + SlidingLogScript.keptForPassedTime)
        if let now { command.append(now.milliseconds) }
    }

    /// A passed time says nothing about the server's clock: the key then stays a day longer, enough for any replay,
    /// and no verdict depends on it.
    private static let keptForPassedTime: Int64 = 86_400_000

    private static func append(_ number: UInt32, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
    }
}

// MARK: The answer
extension SlidingLogScript {
    static func decision(
        from reply: RedisReply, policy: Policy, cost: Int
    ) throws(RedisError) -> Decision {
        try judgement(from: reply, policy: policy, cost: cost).decision
    }

    fileprivate static func judgement(
        from reply: RedisReply, policy: Policy, cost: Int
    ) throws(RedisError) -> Judgement {
        switch reply {
        case .bulk(let bytes):
            let reply = SlidingLogReply(bytes: bytes)
            return Judgement(
                decision: try reply.decision(policy: policy, cost: cost),
                replacedForeignValue: reply.replacedForeignValue)
        case .error(let text): throw RedisError(serverReply: text)
        case .status, .integer, .array, .null: throw .noDecision
        }
    }
}

/// What `sliding_log.lua` answers: one string, big-endian, laid out as the script's head says.
struct SlidingLogReply {
    private static let headBytes = 25
    private static let windowBytes = 8
    private static let replacedFlag: UInt8 = 128
    private static let steppedBackFlag: UInt8 = 64

    let bytes: [UInt8]

    /// Whether the key held a value that is not a sliding log, which the accepted units have replaced.
    var replacedForeignValue: Bool { (bytes.first ?? 0) & Self.replacedFlag > 0 }

    /// The decision that the answer stands for.
    ///
    /// - Parameter cost: Units that were asked for; the script counts those before them.
    /// - Throws: ``RedisError`` if Redis answered something else. A key that another program wrote can hold any
    ///   numbers: none may reach arithmetic that overflows.
    func decision(policy: Policy, cost: Int) throws(RedisError) -> Decision {
        let count = policy.windows.count
        guard bytes.count == Self.headBytes + count * Self.windowBytes else { throw .noDecision }
        let place = Int(bytes[0] & ~(Self.replacedFlag | Self.steppedBackFlag))
        guard place <= count else { throw .noDecision }
        let now = try time(at: 1)
        let newest = try time(at: 9)
        let effective = bytes[0] & Self.steppedBackFlag > 0 ? now : newest
        let added = place == 0 ? cost : 0
        let windows = policy.windows.enumerated().map { index, window in
            let start = Self.headBytes + index * Self.windowBytes
            return state(window, used: Int(number(at: start)), age: Int64(number(at: start + 4)), added, at: effective)
        }
        guard place > 0 else {
            return Decision(
                outcome: .allowed, windows: windows, retryAfterMilliseconds: 0, judgedAt: Timestamp(milliseconds: now),
                stepBackMilliseconds: max(0, newest - now))
        }
        return Decision(
            outcome: .limited(by: policy.windows[place - 1].name), windows: windows,
            retryAfterMilliseconds: max(0, try time(at: 17) - now), judgedAt: Timestamp(milliseconds: now),
            stepBackMilliseconds: max(0, newest - now))
    }

    /// A window after the decision, from what was used before and the age of the unit that leaves first.
    private func state(_ window: Window, used: Int, age: Int64, _ added: Int, at effective: Int64) -> WindowState {
        // Where nothing was used, what is added now leaves first; if nothing is added either, nothing has to leave.
        let reset = used + added == 0 ? effective : effective - age + window.durationMilliseconds
        return WindowState(window: window, used: used + added, reset: Timestamp(milliseconds: reset))
    }

    /// A whole number of milliseconds that a double holds exactly.
    private func time(at index: Int) throws(RedisError) -> Int64 {
        let value = Double(bitPattern: UInt64(number(at: index)) << 32 | UInt64(number(at: index + 4)))
        guard value >= 0, value <= 0x1p53, let time = Int64(exactly: value) else { throw .noDecision }
        return time
    }

    private func number(at index: Int) -> UInt32 {
        bytes.withUnsafeBytes { UInt32(bigEndian: $0.loadUnaligned(fromByteOffset: index, as: UInt32.self)) }
    }
}

extension RedisError {
    static let noDecision = RedisError(
        .server, "Redis answered the limiter's script with something that is not a decision")
}

/// The limiter's script and its arguments, for those who send them to Redis by other means to measure them.
package struct MeasuredScript: Sendable {
    private let script = SlidingLogScript()

    package init() {}

    /// The script's text.
    package var source: [UInt8] { script.source }

    /// The `EVALSHA` that the limiter sends for a request.
    ///
    /// - Parameter now: The time to judge at; `nil` for the server's.
    package func command(for request: CheckRequest, at now: Timestamp? = nil) -> RedisCommand {
        var command = script.evalsha
        script.appendArguments(
            to: &command, key: { RedisKey.append(request.identity, to: &$0) }, policy: request.policy,
            cost: request.cost, now: now)
        return command
    }
}

/// What one caller at its limit costs Redis.
package struct LogFootprint: Equatable, Sendable {
    /// From so many units on `config check` warns of a limit: Redis keeps most of a megabyte for one caller.
    package static let unitsToWarnFrom = 100_000

    /// From so many units on a log grows at its end, where Redis gives it as much again to spare.
    private static let growingUnits = 16_000
    /// Key, entry, expiry and the strings' own heads.
    private static let overheadBytes = 170
    /// Header of a log, and the room at the end of a longer one.
    private static let extraBytes = 12 + 256

    /// The most units that the longest window of the policy can hold.
    package let units: Int
    /// Bytes of memory, at most about: the allocator rounds up by as much as a quarter.
    package let bytes: Int

    package init(_ policy: Policy) {
        // A shorter window lets its limit through each time that it begins again.
        let longest = policy.longestDurationMilliseconds
        units =
            policy.windows.map { window in
                let turns = (longest + window.durationMilliseconds - 1) / window.durationMilliseconds
                return Int(min(Int64(Policy.maximumLimit), Int64(window.limit) * turns))
            }.min()!
        let written = units * 4 + Self.extraBytes
        bytes = (units < Self.growingUnits ? written + written / 4 : written * 2) + Self.overheadBytes
    }
}
