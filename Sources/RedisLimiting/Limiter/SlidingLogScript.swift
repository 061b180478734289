import Crypto
import NIOCore
import ParallaxCore

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
        let replacedAlienValue: Bool
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
            .replacedAlienValue
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
                replacedAlienValue: reply.replacedAlienValue)
        case .error(let text): throw RedisError(serverReply: text)
        case .status, .integer, .array, .null: throw .noDecision
        }
    }
}
