import NIOCore
import ParallaxCore
import ServiceLifecycle
import Synchronization

/// The open connections: at most a number, of which the longest idle connection is closed for a new one.
///
/// Handlers publish with one atomic store when their connection may end; nothing here is on a request's path.
package final class ConnectionTable: Sendable {
    /// One open connection.
    final class Entry: Sendable {
        private let channel: any Channel
        /// When the connection has to end, in nanoseconds, shifted by one bit, which is set if it is slow and not idle;
        /// `UInt64.max` while the service owes it an answer.
        fileprivate let expiry = Atomic<UInt64>(.max)

        init(channel: any Channel) {
            self.channel = channel
        }

        func publish(_ expiry: ConnectionState.Expiry) {
            let word: UInt64 =
                switch expiry {
                case .idle(let deadline): deadline.uptimeNanoseconds << 1
                case .slow(let deadline): deadline.uptimeNanoseconds << 1 | 1
                case .never: .max
                }
            self.expiry.store(word, ordering: .relaxed)
        }

        /// Has the handler act on its own event loop, which looks again: the connection may have moved on.
        fileprivate func send(_ event: ConnectionEvent) {
            channel.pipeline.fireUserInboundEventTriggered(event)
        }
    }

    private struct State {
        var entries: [ObjectIdentifier: Entry] = [:]
        /// Those of the entries that were told to close for another one and are still open. They use no place.
        var leaving: Set<ObjectIdentifier> = []
        /// The longest idle connections when they were last looked for, the longest last, each with what it had
        /// published.
        var candidates: [(entry: Entry, expiry: UInt64)] = []
    }

    /// How many are looked for at once, so that a flood of connections does not look through all for each of them.
    private static let batch = 64

    let maximum: Int
    private let state = Mutex(State())

    package init(maximum: Int) {
        precondition(maximum >= 1, "a service needs a connection")
        self.maximum = maximum
    }

    /// Open connections, also those that are about to close for another one.
    var count: Int { state.withLock { $0.entries.count } }

    /// Gives a new connection a place.
    ///
    /// - Returns: Whether there was one: there is none if the service owes all connections an answer.
    func admit(_ entry: Entry) -> Bool {
        let (isAdmitted, evicted) = state.withLock { state in
            guard state.entries.count - state.leaving.count >= maximum else {
                state.entries[ObjectIdentifier(entry)] = entry
                return (true, Entry?.none)
            }
            guard let evicted = Self.nextToGo(in: &state) else { return (false, nil) }
            // It stays until it is closed: it may have become busy, and its deadlines go on.
            state.leaving.insert(ObjectIdentifier(evicted))
            state.entries[ObjectIdentifier(entry)] = entry
            return (true, evicted)
        }
        evicted?.send(.evict)
        return isAdmitted
    }

    func remove(_ entry: Entry) {
        state.withLock { state in
            state.entries[ObjectIdentifier(entry)] = nil
            state.leaving.remove(ObjectIdentifier(entry))
        }
    }

    /// Ends the connections whose deadline has passed.
    func sweep(at now: NIODeadline = .now()) {
        let bound = now.uptimeNanoseconds << 1 | 1
        let expired = state.withLock { state in
            state.entries.values.filter { $0.expiry.load(ordering: .relaxed) <= bound }
        }
        for entry in expired { entry.send(.deadline(now)) }
    }

    /// Closes all connections at once, also those that are answered or wait for their clients to close.
    func closeAll() {
        for entry in state.withLock({ Array($0.entries.values) }) { entry.send(.close) }
    }

    /// The connection whose place is given away: the longest idle one, else the one that is slow for longest.
    private static func nextToGo(in state: inout State) -> Entry? {
        for isRefilled in [false, true] {
            if isRefilled { findCandidates(in: &state) }
            while let (entry, expiry) = state.candidates.popLast() {
                // One that is idle since is among those idle for longest still: the others became idle later.
                let isUnchanged = entry.expiry.load(ordering: .relaxed) == expiry
                let id = ObjectIdentifier(entry)
                if isUnchanged, state.entries[id] === entry, !state.leaving.contains(id) { return entry }
            }
        }
        return nil
    }

    private static func findCandidates(in state: inout State) {
        let leaving = state.leaving
        let staying = state.entries.values.lazy.filter { !leaving.contains(ObjectIdentifier($0)) }
        let expirable = staying.map { ($0, $0.expiry.load(ordering: .relaxed)) }.filter { $1 != .max }
        let inOrder = expirable.sorted { left, right in
            (left.1 & 1, left.1) < (right.1 & 1, right.1)
        }
        state.candidates = inOrder.prefix(batch).reversed().map { (entry: $0.0, expiry: $0.1) }
    }
}

/// What the table tells a connection's handler.
enum ConnectionEvent: Sendable {
    /// A deadline may have passed, at this time.
    case deadline(NIODeadline)
    /// The connection is needed for another one.
    case evict
    /// The service ends, and has waited long enough.
    case close
}

/// Ends connections whose deadline has passed, looking once a second.
struct ConnectionSweeper: Service {
    let connections: ConnectionTable

    func run() async {
        await cancelWhenGracefulShutdown {
            await ContinuousClock().repeating { connections.sweep() }
        }
    }
}
