import Logging
import NIOCore

extension RedisConnection {
    /// Runs a subscribed connection to its end, asking now and then whether the other end is still there.
    ///
    /// - Parameters:
    ///   - interval: The time between questions, and the most that an answer may take if nothing else is said.
    ///   - hasGone: Returns when there is nothing to be heard from this server any more.
    ///   - whenReady: Called once on the event loop when the connection is subscribed.
    ///   - ask: Puts one question; a PING if nothing else is said.
    /// - Returns: Why the connection ended; `nil` if it was ended from here.
    func listen(
        askingEvery interval: Duration, until hasGone: @escaping @Sendable () async -> Void,
        whenReady: @escaping @Sendable () -> Void = {}, ask: (@Sendable () async -> Void)? = nil
    ) async -> RedisError? {
        await withTaskGroup(of: RedisError?.self) { group in
            group.addTask {
                repeat {
                    if let ask { await ask() } else { try? await self.ping(deadline: .now() + TimeAmount(interval)) }
                } while (try? await Task.sleep(for: interval)) != nil
                return nil
            }
            group.addTask {
                let error = await self.run(whenReady: whenReady)
                return Task.isCancelled ? nil : error
            }
            group.addTask {
                await hasGone()
                return nil
            }
            let first = await group.next()
            group.cancelAll()
            return first ?? nil
        }
    }

    /// Sends a PING; a connection that leaves it unanswered for the socket time-out is closed by its handler.
    ///
    /// - Throws: ``RedisError`` if there was no answer, or the answer was an error.
    func ping(deadline: NIODeadline) async throws(RedisError) {
        let call = PendingCall()
        let outcome = await call.value { send(RedisCommand("PING"), for: call, deadline: deadline) }
        if case .error(let text) = try outcome.get() { throw RedisError(serverReply: text) }
    }
}

extension Eventual where Value == Void {
    /// Suspends until the task is cancelled.
    static func never() async {
        let end = Eventual()
        await withTaskCancellationHandler {
            await end.value()
        } onCancel: {
            end.settle(())
        }
    }
}
