import Synchronization

/// What a client has lived through since it was made.
final class RedisCounters: Sendable {
    private let wellAnsweredCount = Atomic<Int>(0)
    private let refusedCount = Atomic<Int>(0)
    private let failedCount = Atomic<Int>(0)
    private let reconnectCount = Atomic<Int>(0)
    private let decidedCount = Atomic<Int>(0)
    private let undecidedCount = Atomic<Int>(0)
    private let replacedCount = Atomic<Int>(0)

    /// Replies that were not errors.
    var answeredWell: Int { wellAnsweredCount.load(ordering: .relaxed) }
    /// Replies that were errors.
    var answeredWithError: Int { refusedCount.load(ordering: .relaxed) }
    /// Commands that got no reply.
    var failed: Int { failedCount.load(ordering: .relaxed) }
    /// Attempts to connect again after a connection ended.
    var reconnects: Int { reconnectCount.load(ordering: .relaxed) }

    /// Decisions, without probes.
    var decided: Int { decidedCount.load(ordering: .relaxed) }
    /// Decisions that were asked for and failed, without those that the breaker or a full queue kept from Redis.
    var undecided: Int { undecidedCount.load(ordering: .relaxed) }
    /// Values under keys of the limiter that no release wrote, and that were replaced.
    var replacedForeignValues: Int { replacedCount.load(ordering: .relaxed) }

    func answered(isError: Bool) {
        if isError {
            refusedCount.add(1, ordering: .relaxed)
        } else {
            wellAnsweredCount.add(1, ordering: .relaxed)
        }
    }

    func commandFailed() {
        failedCount.add(1, ordering: .relaxed)
    }

    func reconnecting() {
        reconnectCount.add(1, ordering: .relaxed)
    }

    func decisionSucceeded() {
        decidedCount.add(1, ordering: .relaxed)
    }

    func decisionFailed() {
        undecidedCount.add(1, ordering: .relaxed)
    }

    func foreignValueReplaced() {
        replacedCount.add(1, ordering: .relaxed)
    }
}
