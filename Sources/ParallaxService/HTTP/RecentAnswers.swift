package import ParallaxCore
import Synchronization

/// The answers of the last seconds to requests that named themselves, so that one that is sent again gets the same
/// answer, and is judged and charged once.
///
/// Bounded: in two generations a shard, of which the older goes when the newer is full or ten seconds old.
package final class RecentAnswers: Sendable {
    /// How long a repeated request is known, from when the first arrived.
    package static let lifetime: Duration = .seconds(10)

    /// A request: its identity, its cost, and its caller's name for it.
    package struct Key: Hashable, Sendable {
        let identity: Identity
        // A look, which costs nothing, must not answer for a request that spends units.
        let cost: Int
        let requestID: String

        package init(identity: Identity, cost: Int, requestID: String) {
            self.identity = identity
            self.cost = cost
            self.requestID = requestID
        }
    }

    fileprivate enum Entry {
        case underWay(since: ContinuousClock.Instant, waiting: [CheckedContinuation<Answer?, Never>])
        case answered(Answer, since: ContinuousClock.Instant)

        var since: ContinuousClock.Instant {
            switch self {
            case .underWay(let since, _), .answered(_, let since): since
            }
        }
    }

    fileprivate enum Finding {
        case new
        case underWay
        case answered(Answer)
    }

    fileprivate struct Generations {
        var newer: [Key: Entry] = [:]
        var older: [Key: Entry] = [:]
        var began: ContinuousClock.Instant?
    }

    private final class Shard: Sendable {
        let generations = Mutex(Generations())
    }

    private let shards: [Shard]
    private let maximumEntries: Int

    /// - Parameters:
    ///   - maximumEntries: The most answers in each generation of a shard.
    ///   - shardCount: A power of two; more shards let more threads in at once.
    package init(maximumEntries: Int = 1024, shardCount: Int = 64) {
        precondition(shardCount > 0 && shardCount & (shardCount - 1) == 0, "the number of shards is a power of two")
        precondition(maximumEntries > 0, "the table must be allowed to hold something")
        self.maximumEntries = maximumEntries
        shards = (0..<shardCount).map { _ in Shard() }
    }

    /// The first answer to a request; asks for one if this is the first time.
    ///
    /// - Parameter now: When the request arrived.
    /// - Returns: The answer, and whether it was given before.
    package func answer(
        to key: Key, at now: ContinuousClock.Instant, _ judge: () async -> Answer
    ) async -> (answer: Answer, isRepeated: Bool) {
        let shard = shards[key.hashValue & (shards.count - 1)]
        switch shard.generations.withLock({ $0.find(key, at: now, maximumEntries: maximumEntries) }) {
        case .answered(let answer): return (answer, true)
        case .underWay:
            if let answer = await wait(for: key, in: shard) { return (answer, true) }
            return (await judge(), false)
        case .new:
            let answer = await judge()
            for waiting in shard.generations.withLock({ $0.finish(key, answer) }) { waiting.resume(returning: answer) }
            return (answer, false)
        }
    }

    /// The answer to a request that is being judged; `nil` if it has been given and forgotten meanwhile.
    private func wait(for key: Key, in shard: Shard) async -> Answer? {
        await withCheckedContinuation { continuation in
            let known: Answer?? = shard.generations.withLock { $0.wait(key, continuation) }
            if let known { continuation.resume(returning: known) }
        }
    }
}

extension RecentAnswers.Generations {
    fileprivate mutating func find(
        _ key: RecentAnswers.Key, at now: ContinuousClock.Instant, maximumEntries: Int
    ) -> RecentAnswers.Finding {
        if let entry = newer[key] ?? older[key], now - entry.since < RecentAnswers.lifetime {
            if case .answered(let answer, _) = entry { return .answered(answer) }
            return .underWay
        }
        if newer.count >= maximumEntries || began.map({ now - $0 >= RecentAnswers.lifetime }) ?? true {
            turn(at: now)
        }
        // One that is judged for longer than an answer is kept is still waited for by those that came in time.
        if case .underWay(_, let waiting)? = older.removeValue(forKey: key) ?? newer[key] {
            newer[key] = .underWay(since: now, waiting: waiting)
        } else {
            newer[key] = .underWay(since: now, waiting: [])
        }
        return .new
    }

    /// Forgets the older generation, except what is being judged: others may wait for that.
    private mutating func turn(at now: ContinuousClock.Instant) {
        let underWay = older.filter { if case .underWay = $0.value { true } else { false } }
        older = newer
        newer = underWay
        began = now
    }

    /// Notes an answer, and gives those who wait for it.
    fileprivate mutating func finish(
        _ key: RecentAnswers.Key, _ answer: Answer
    ) -> [CheckedContinuation<Answer?, Never>] {
        guard case .underWay(let since, let waiting)? = newer[key] ?? older[key] else { return [] }
        if newer[key] != nil { newer[key] = .answered(answer, since: since) }
        if older[key] != nil { older[key] = .answered(answer, since: since) }
        return waiting
    }

    /// Lets someone wait for an answer.
    ///
    /// - Returns: What is known already, which may be that it is forgotten; `nil` if the answer is to come.
    fileprivate mutating func wait(
        _ key: RecentAnswers.Key, _ continuation: CheckedContinuation<Answer?, Never>
    ) -> Answer?? {
        switch newer[key] ?? older[key] {
        case .answered(let answer, _): return .some(answer)
        case nil: return .some(nil)
        case .underWay(let since, let waiting):
            let entry = RecentAnswers.Entry.underWay(since: since, waiting: waiting + [continuation])
            if newer[key] != nil { newer[key] = entry } else { older[key] = entry }
            return nil
        }
    }
}
