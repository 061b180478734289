import Synchronization

/// The state of the way to Redis at one moment.
package struct RedisHealth: Equatable, Sendable {
    /// Connections that are ready for commands.
    package let connections: Int
    /// Commands without a reply.
    package let pending: Int
    /// Of several servers the worst.
    package let breaker: BreakerState
    /// The last failure since the start, of a connection or a command; it may be long over.
    package let lastError: RedisError?
    /// Why resets are not received at the moment; `nil` if they are, or no one listens.
    package let resetsProblem: RedisError?
    /// Replies received since the start, errors included.
    package let answered: Int
    /// Replies since the start that were errors.
    package let answeredWithError: Int
    /// Commands since the start that got no reply.
    package let failed: Int
    /// Attempts since the start to connect again.
    package let reconnects: Int
    /// Decisions since the start, and those that were asked for and failed.
    package let decided: Int
    package let undecided: Int
    /// Values under keys of the limiter that no release wrote and that were replaced, since the start.
    package let replacedForeignValues: Int
    /// The servers behind an address that names several; `nil` for one server.
    package let topology: TopologyHealth?

    init(
        connections: Int, pending: Int, breaker: BreakerState, lastError: RedisError?,
        resetsProblem: RedisError?, counters: RedisCounters, topology: TopologyHealth? = nil
    ) {
        self.connections = connections
        self.pending = pending
        self.breaker = breaker
        self.lastError = lastError
        self.resetsProblem = resetsProblem
        let errors = counters.answeredWithError
        answered = counters.answeredWell + errors
        answeredWithError = errors
        failed = counters.failed
        reconnects = counters.reconnects
        decided = counters.decided
        undecided = counters.undecided
        replacedForeignValues = counters.replacedForeignValues
        self.topology = topology
    }

    /// Whether a decision asked for now has a good chance of an answer, whomever it is about.
    package var isHealthy: Bool { connections > 0 && breaker == .closed && topology?.isComplete != false }
}

extension BreakerState {
    /// The state that a person should see of several.
    static func worst(of states: [BreakerState]) -> BreakerState {
        states.contains(.open) ? .open : states.contains(.halfOpen) ? .halfOpen : .closed
    }
}

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
