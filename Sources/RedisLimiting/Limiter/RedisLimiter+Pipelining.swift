import NIOCore
package import ParallaxCore

extension RedisLimiter {
    /// A check on its way to Redis.
    package struct SentCheck: Sendable {
        fileprivate let call: PendingCall
        fileprivate let policy: Policy
        fileprivate let cost: Int

        /// Waits for the answer. To be called once.
        ///
        /// - Throws: ``RedisError`` if there was none, or none that is a decision.
        package func decision() async throws(RedisError) -> Decision {
            let outcome: Result<RedisReply, RedisError>
            if let settled = call.settledValue { outcome = settled } else { outcome = await call.value() }
            return try SlidingLogScript.decision(from: try outcome.get(), policy: policy, cost: cost)
        }
    }
}

// For callers with many requests ready, such as a replay: many are in flight at once, and keep their order.
extension RedisLimiter {
    /// Why requests cannot be sent in their order; `nil` if they can: one server, and one connection for commands.
    package var pipeliningProblem: RedisError? {
        guard case .one = servers else {
            return RedisError(.configuration, "requests in order need one server, not a Cluster or Sentinels")
        }
        guard settings.maximumConnections == 2 else {
            return RedisError(
                .configuration,
                "requests in order need one connection besides the subscription's: set REDIS_MAX_CONNECTIONS to 2")
        }
        return nil
    }

    /// Sends a check without waiting for its answer, past the breaker. What is sent first is judged first.
    ///
    /// The script must have been loaded before, as ``probe(timeout:)`` does: a check that finds it missing fails.
    ///
    /// - Precondition: ``pipeliningProblem`` is `nil`.
    package func send(_ request: CheckRequest, at now: Timestamp, timeout: Duration) -> SentCheck {
        var command = script.evalsha
        command.reserve(bytes: 256, words: 6)
        script.appendArguments(
            to: &command, key: { script.keys.append(request.identity, to: &$0) }, policy: request.policy,
            cost: request.cost, now: now)
        let call = client.post(command, deadline: .now() + TimeAmount(timeout))
        return SentCheck(call: call, policy: request.policy, cost: request.cost)
    }

    /// Deletes the logs of identities without telling anyone.
    ///
    /// - Throws: ``RedisError`` if Redis did not answer or refused.
    package func discard(_ identities: [Identity], timeout: Duration = .seconds(10)) async throws(RedisError) {
        for start in stride(from: 0, to: identities.count, by: 512) {
            var command = RedisCommand("UNLINK")
            for identity in identities[start..<min(start + 512, identities.count)] {
                command.append(script.keys.text(for: identity))
            }
            if case .error(let text) = try await client.send(command, deadline: .now() + TimeAmount(timeout)) {
                throw RedisError(serverReply: text)
            }
        }
    }
}
