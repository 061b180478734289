import Synchronization

/// What a client has lived through since it was made.
final class RedisCounters: Sendable {
    private let wellAnsweredCount = Atomic<Int>(0)
    private let refusedCount = Atomic<Int>(0)
    private let failedCount = Atomic<Int>(0)
    private let reconnectCount = Atomic<Int>(0)

    /// Replies that were no errors.
    var answeredWell: Int { wellAnsweredCount.load(ordering: .relaxed) }
    /// Replies that were errors.
    var answeredWithError: Int { refusedCount.load(ordering: .relaxed) }
    /// Commands that got no reply.
    var failed: Int { failedCount.load(ordering: .relaxed) }
    /// Attempts to connect again after a connection ended.
    var reconnects: Int { reconnectCount.load(ordering: .relaxed) }

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
}
