import DequeModule
import NIOCore
import ParallaxCore
import Synchronization

/// Bounds how many decisions of one identity are on their way to Redis, so that one caller cannot fill the connections
/// that all share.
///
/// Further decisions of that identity wait for a turn, in their order, up to their deadline: Redis still judges each of
/// them. What waits is that identity's only. A decision that is near its turn and does not get it in time has waited
/// for a slow Redis; one further back has waited for its own identity.
final class IdentityTurns: Sendable {
    fileprivate struct Entry: Sendable {
        /// Decisions on their way.
        private(set) var count = 0
        private var waiting: Deque<Turn> = []

        mutating func admit(_ maximum: Int) -> Admission {
            if count < maximum {
                count += 1
                return .now
            }
            guard waiting.count < IdentityTurns.maximumWaiting else { return .refused }
            let turn = Turn()
            let isNear = waiting.count < maximum * IdentityTurns.nearRounds
            waiting.append(turn)
            return .later(turn, isNear: isNear)
        }

        /// Takes a turn if one is free.
        mutating func admitAtOnce(_ maximum: Int) -> Bool {
            guard count < maximum else { return false }
            count += 1
            return true
        }

        /// The next that waits, which takes over the turn; `nil` if nothing waits, and the turn is free then.
        mutating func passOn() -> Turn? {
            if let turn = waiting.popFirst() { return turn }
            count -= 1
            return nil
        }
    }

    /// Settled with whether the turn came.
    fileprivate typealias Turn = Promise<Bool>

    private final class Shard: Sendable {
        let entries = Mutex<[Identity: Entry]>([:])
    }

    fileprivate enum Admission {
        case now
        /// - Parameter isNear: Whether the turn comes after few rounds of answers.
        case later(Turn, isNear: Bool)
        case refused
    }

    /// Decisions of one identity that may wait for a turn.
    static let maximumWaiting = 1024
    /// Rounds of answers after which a turn still counts as near.
    private static let nearRounds = 4
    /// A power of two.
    private static let shardCount = 64

    private let shards = (0..<IdentityTurns.shardCount).map { _ in Shard() }
    private let maximum: Int
    private let eventLoop: any EventLoop

    /// Makes a bound.
    ///
    /// - Parameter maximum: The most decisions of one identity on their way, 1 or more.
    init(maximum: Int, eventLoop: any EventLoop) {
        precondition(maximum >= 1, "at least one decision of an identity must be allowed on its way")
        self.maximum = maximum
        self.eventLoop = eventLoop
    }

    /// Identities with decisions on their way.
    var identities: Int { shards.reduce(0) { $0 + $1.entries.withLock(\.count) } }

    /// Waits for a turn. A caller that gets one gives it back with ``end(_:)``.
    ///
    /// - Parameter waits: Whether to wait if there is no free turn.
    /// - Throws: ``RedisError`` with `skipped` if too many wait already or it does not wait, and with `timedOut` if
    ///   Redis answered so slowly that a near turn did not come by the deadline.
    func begin(_ identity: Identity, deadline: NIODeadline, waits: Bool = true) async throws(RedisError) {
        guard waits else {
            guard admitAtOnce(identity) else { throw .manyOfOneIdentity }
            return
        }
        switch admit(identity) {
        case .now: return
        case .refused: throw .manyOfOneIdentity
        case .later(let turn, let isNear):
            let timer = eventLoop.scheduleTask(deadline: deadline) { _ = turn.settle(false) }
            let hasCome = await withTaskCancellationHandler {
                await turn.value()
            } onCancel: {
                turn.settle(false)
            }
            timer.cancel()
            guard hasCome else {
                if Task.isCancelled { throw .callerGaveUp }
                throw isNear ? .noTurnInTime : .manyOfOneIdentity
            }
        }
    }

    /// Gives a turn back, to the next that waits.
    func end(_ identity: Identity) {
        let shard = shard(of: identity)
        while let turn = shard.entries.withLock({ $0.passOn(identity) }) {
            // One whose deadline has passed has left.
            if turn.settle(true) { return }
        }
    }

    private func admit(_ identity: Identity) -> Admission {
        shard(of: identity).entries.withLock { $0[identity, default: Entry()].admit(maximum) }
    }

    private func admitAtOnce(_ identity: Identity) -> Bool {
        // An identity without a turn has one free, so that no empty entry stays.
        shard(of: identity).entries.withLock { $0[identity, default: Entry()].admitAtOnce(maximum) }
    }

    private func shard(of identity: Identity) -> Shard {
        shards[Int(truncatingIfNeeded: UInt(bitPattern: identity.hash) >> 48) & (IdentityTurns.shardCount - 1)]
    }
}

extension [Identity: IdentityTurns.Entry] {
    /// The next that waits for a turn of this identity; `nil` if nothing waits, and the turn is free then.
    fileprivate mutating func passOn(_ identity: Identity) -> IdentityTurns.Turn? {
        guard let place = index(forKey: identity) else { return nil }
        if let turn = values[place].passOn() { return turn }
        if values[place].count == 0 { remove(at: place) }
        return nil
    }
}

extension RedisError {
    fileprivate static let manyOfOneIdentity = RedisError(
        .skipped, "too many decisions of this identity are under way; Redis was not asked")
    fileprivate static let noTurnInTime = RedisError(
        .timedOut, "Redis did not answer earlier decisions of this identity in time for this one to be sent")
    fileprivate static let callerGaveUp = RedisError(.cancelled, "the caller gave up")
}
