import NIOCore
import Synchronization

/// Commands of many callers on their way to one connection: callers add at the end, the event loop takes all at once.
///
/// One taking costs one hop and one system call, however many commands have gathered.
final class Outbox: Sendable {
    struct Entry {
        let call: PendingCall
        let deadline: NIODeadline
        let byteCount: Int
    }

    struct Batch {
        var bytes = ByteBuffer()
        var entries: [Entry] = []
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

    /// Makes an empty outbox.
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

    /// Takes what has gathered.
    func take() -> Batch {
        state.withLock { state in
            state.isAnnounced = false
            defer { state.batch = Batch() }
            return state.batch
        }
    }

    /// The commands that have gathered, left where they are.
    func peek() -> [Entry] {
        state.withLock { $0.batch.entries }
    }

    /// Notes that this many commands wait no longer.
    func settled(_ count: Int) {
        waiting.subtract(count, ordering: .relaxed)
    }

    /// Refuses what comes from now on.
    ///
    /// - Returns: What had gathered; none of it was sent.
    func close(_ error: RedisError) -> [Entry] {
        state.withLock { state in
            state.end = state.end ?? error
            defer { state.batch = Batch() }
            return state.batch.entries
        }
    }
}
