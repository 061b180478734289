import NIOCore
import Synchronization

/// Commands of many callers on their way to one connection: callers add at the end, the event loop takes all at once.
///
/// One taking costs one hop and one system call, however many commands have gathered.
final class WriteQueue: Sendable {
    struct Entry {
        let call: PendingCall
        let deadline: NIODeadline
        let byteCount: Int
    }

    struct Batch {
        var bytes = ByteBuffer()
        var entries: [Entry] = []

        /// Drops the commands whose callers have given up, so that they spend no units afterwards and take no room.
        ///
        /// - Returns: How many.
        mutating func dropSettled() -> Int {
            guard entries.contains(where: { $0.call.isSettled }) else { return 0 }
            var kept = Batch()
            for entry in entries {
                let command = bytes.readSlice(length: entry.byteCount)!
                guard !entry.call.isSettled else { continue }
                kept.bytes.writeImmutableBuffer(command)
                kept.entries.append(entry)
            }
            let dropped = entries.count - kept.entries.count
            self = kept
            return dropped
        }
    }

    enum Offer: Equatable {
        case accepted
        /// Accepted, and the event loop must be told, since it does not know yet.
        case acceptedFirst
        case refused(RedisError)
    }

    private struct State {
        var batch = Batch()
        var isAnnounced = false
        var end: RedisError?
    }

    private let state = Mutex(State())
    private let waiting = Atomic<Int>(0)
    private let capacity: Int

    /// Makes an empty queue.
    ///
    /// - Parameter capacity: The most commands without a reply, sent or not.
    init(capacity: Int) {
        self.capacity = capacity
    }

    /// Commands that have no reply yet, sent or not.
    var count: Int { waiting.load(ordering: .relaxed) }

    func offer(_ bytes: UnsafeRawBufferPointer, call: PendingCall, deadline: NIODeadline) -> Offer {
        guard count < capacity else {
            return .refused(
                RedisError(.skipped, "\(capacity) commands wait for Redis on this connection; Redis was not asked"))
        }
        return state.withLock { state in
            if let end = state.end { return .refused(end) }
            state.batch.bytes.writeBytes(bytes)
            state.batch.entries.append(Entry(call: call, deadline: deadline, byteCount: bytes.count))
            waiting.add(1, ordering: .relaxed)
            defer { state.isAnnounced = true }
            return state.isAnnounced ? .accepted : .acceptedFirst
        }
    }

    /// Takes what has gathered, without commands whose callers have given up.
    func take() -> Batch {
        var batch = state.withLock { state in
            state.isAnnounced = false
            defer { state.batch = Batch() }
            return state.batch
        }
        // Outside the lock, for which callers wait.
        settled(batch.dropSettled())
        return batch
    }

    /// Tells callers that have waited here beyond their deadline, and gives up the places of all who have given up.
    func sweep(now: NIODeadline) {
        // A caller is woken outside the lock.
        let entries = state.withLock { $0.batch.entries }
        for entry in entries where entry.deadline <= now { entry.call.settle(.failure(.late)) }
        let dropped = state.withLock { state in
            let dropped = state.batch.dropSettled()
            // The sweep stops when nothing waits: the next command has to wake it.
            if state.batch.entries.isEmpty { state.isAnnounced = false }
            return dropped
        }
        settled(dropped)
    }

    /// Notes that this many commands wait no longer.
    func settled(_ count: Int) {
        waiting.subtract(count, ordering: .relaxed)
    }

    /// Refuses what comes from now on.
    ///
    /// - Returns: The callers of what had gathered, who wait no longer: none of it was sent.
    func close(_ error: RedisError) -> [PendingCall] {
        let entries = state.withLock { state in
            state.end = state.end ?? error
            defer { state.batch = Batch() }
            return state.batch.entries
        }
        settled(entries.count)
        return entries.map(\.call)
    }
}
