package import NIOCore
import Synchronization

/// Which connections there are and which one takes the next command. A value; its driver is ``RedisClient``.
struct ConnectionPool: Sendable {
    private(set) var connections: [RedisConnection] = []
    /// Connections there are or that are being made again after an end.
    private(set) var slots: Int
    /// Why the last connection ended.
    var lastError: RedisError?
    private var isShutDown = false
    private let maximumSlots: Int
    private let growthThreshold: Int

    init(maximumSlots: Int, growthThreshold: Int) {
        self.maximumSlots = maximumSlots
        self.growthThreshold = growthThreshold
        slots = 1
    }

    enum Choice {
        case use(RedisConnection)
        /// Use this one, and open another: all are busy.
        case useAndGrow(RedisConnection)
        case fail(RedisError)
    }

    /// The least busy connection that is ready, or one that will be.
    mutating func choose() -> Choice {
        var best: RedisConnection?
        var least = Int.max
        for connection in connections where connection.isReady {
            let waiting = connection.waiting
            guard waiting < least else { continue }
            best = connection
            least = waiting
        }
        guard let best else { return connections.first.map(Choice.use) ?? .fail(unavailable) }
        guard least >= growthThreshold, slots < maximumSlots, !isShutDown else { return .use(best) }
        slots += 1
        return .useAndGrow(best)
    }

    mutating func add(_ connection: RedisConnection) {
        guard !connections.contains(where: { $0 === connection }) else { return }
        connections.append(connection)
    }

    mutating func remove(_ connection: RedisConnection, after error: RedisError) {
        connections.removeAll { $0 === connection }
        if error != .left { lastError = error }
    }

    mutating func replace(_ connection: RedisConnection, by successor: RedisConnection) {
        connections.removeAll { $0 === connection }
        connections.append(successor)
    }

    mutating func shutDown() {
        isShutDown = true
    }

    private var unavailable: RedisError {
        if isShutDown {
            // Nothing was sent: if another server has taken this one's place, that one can be asked.
            return RedisError(.disconnected, "the Redis client was shut down", redirection: .toPrimary)
        }
        // A refused login stays a refused login while no one is connected.
        let code = lastError.flatMap { $0.isTransient ? nil : $0.code } ?? .disconnected
        return RedisError(code, "there is no connection to Redis at the moment", cause: lastError?.description)
    }
}

/// Runs tasks on an event loop: between a socket's bytes and the code that waits for them, no thread has to be woken.
///
/// What runs on it must not block, as anything on an event loop.
package final class EventLoopExecutor: TaskExecutor {
    private let eventLoop: any EventLoop

    package init(_ eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        eventLoop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}

/// One at a time puts ASKING and a command on their way, so that each ASKING stands right before its own command.
///
/// Nothing else goes over such a connection: an ASKING whose command was never sent stands before the next ASKING.
final class AskingLock: Sendable {
    private let lock = Mutex<Void>(())

    func take(_ body: () -> Void) {
        lock.withLock { _ in body() }
    }
}
