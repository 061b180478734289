package import ParallaxCore
import Synchronization

/// Redis's refusals of hot identities, kept in this instance and repeated while they are certain to hold.
///
/// Bounded: the least recently used go first. Empty and out of use while resets may be missed.
package final class RefusalCache: RefusalMemory {
    /// What an identity's place in the table holds.
    private struct Place: TableValue {
        var refusal: CachedRefusal?

        var heapBytes: Int { refusal?.heapBytes ?? 0 }
    }

    private let table: IdentityTable<Place>
    private let resetLease: ResetLease
    private let uptime: @Sendable () -> Duration
    private let repeated = Atomic<Int>(0)

    /// Makes an empty cache that comes into use with the first ``heard(askedAt:)``.
    ///
    /// - Parameters:
    ///   - maximumIdentities: 1 or more.
    ///   - lease: How long a subscription is trusted after it was last heard.
    ///   - uptime: A monotonic clock that also counts while the machine sleeps, as Redis's does.
    package init(maximumIdentities: Int, lease: Duration, uptime: @escaping @Sendable () -> Duration) {
        // A shard holds a whole number of identities: small caches are not divided.
        table = IdentityTable(
            bounds: MemoryBounds(identities: maximumIdentities, bytes: .max),
            shardCount: maximumIdentities < 4096 ? 1 : 64)
        resetLease = ResetLease(lease: lease)
        self.uptime = uptime
    }

    package func refusal(of request: CheckRequest) -> Decision? {
        let now = uptime()
        guard resetLease.isTrusted(at: now),
            table.peek(at: request.identity, { $0.refusal?.answer(to: request, at: now) != nil }) == true
        else { return nil }
        // Asked again, so that the identity counts as just used.
        let answer = table.withValue(of: request.identity, at: Timestamp(milliseconds: 0)) { place in
            place.refusal?.answer(to: request, at: now)
        }
        if answer != nil { repeated.add(1, ordering: .relaxed) }
        return answer
    }

    package func remembering(_ request: CheckRequest, _ ask: () async -> Decision) async -> Decision {
        let moment = resetLease.now
        let askedAt = uptime()
        let decision = await ask()
        let answeredAt = uptime()
        if let refusal = CachedRefusal(of: request, decision, askedAt: askedAt, answeredAt: answeredAt) {
            keep(refusal, of: request.identity, since: moment, at: answeredAt)
        } else if decision.judgedAt != nil, request.cost > 0 {
            // Units were accepted, or the refusal is of a kind that does not stand: what was kept may be outdated.
            table.remove(request.identity)
        }
        return decision
    }

    /// Keeps a refusal unless the identity may have been reset since Redis was asked.
    private func keep(_ refusal: CachedRefusal, of identity: Identity, since moment: Int, at now: Duration) {
        guard resetLease.isTrusted(at: now), resetLease.now == moment else { return }
        table.withValue(of: identity, at: Timestamp(milliseconds: 0)) { place in
            // Looked at once more under the table's lock: a reset changes the moment first, and then removes.
            if resetLease.now == moment { place.refusal = refusal }
        }
    }
}

// MARK: Resets
extension RefusalCache {
    /// Notes that the subscription to resets answered a question put at a time of the cache's clock.
    func heard(askedAt time: Duration) { resetLease.heard(askedAt: time) }

    /// Forgets everything, since resets can no longer be received.
    func lost() {
        resetLease.lost()
        table.removeAll()
    }

    /// Notes a reset whose identities are forgotten in a moment: what Redis has said and has not yet arrived is not
    /// kept.
    func willReset() { resetLease.next() }

    /// Forgets the identities of a scope, also what Redis has said of them and has not yet arrived.
    func reset(_ scope: ResetScope) {
        resetLease.next()
        table.removeAll(in: scope)
    }

    /// The time of the cache's clock.
    var now: Duration { uptime() }
}

extension RefusalCache {
    package var health: RefusalCacheHealth {
        let occupancy = table.occupancy
        return RefusalCacheHealth(
            isInUse: resetLease.isTrusted(at: uptime()), identities: occupancy.identities,
            evictions: occupancy.evictions,
            refusals: repeated.load(ordering: .relaxed))
    }
}

/// What a refusal cache holds at one moment, and what it has done since the start.
package struct RefusalCacheHealth: Encodable, Equatable, Sendable {
    private enum CodingKeys: String, CodingKey {
        case isInUse = "inUse"
        case identities, evictions, refusals
    }

    /// Whether every reset is received: otherwise nothing is answered from the cache.
    package let isInUse: Bool
    package let identities: Int
    /// Identities dropped to stay within the bound.
    package let evictions: Int
    /// Requests refused without asking Redis.
    package let refusals: Int
}

/// Whether every reset is received, and which answers are older than the last one.
///
/// Resets come over a subscription. Messages and answers to PING share its connection and keep their order, so an
/// answer proves that all resets before the PING have been heard. The trust that it gives lasts for a lease: a
/// connection that is dead and does not say so is trusted no longer.
struct ResetLease: ~Copyable, Sendable {
    /// A moment in the order of resets.
    typealias Generation = Int

    private static let untrusted = Int64.min

    private let lease: Duration
    /// Changes with every reset, and whenever resets begin or cease to be received.
    private let moment = Atomic<Generation>(0)
    /// Until when the subscription is trusted, in nanoseconds of the owner's clock.
    private let trustedUntil = Atomic<Int64>(ResetLease.untrusted)

    init(lease: Duration) {
        self.lease = lease
    }

    /// The moment to remember before Redis is asked: its answer may be kept only while no other has come.
    var now: Generation { moment.load(ordering: .sequentiallyConsistent) }

    func isTrusted(at time: Duration) -> Bool {
        time.nanoseconds < trustedUntil.load(ordering: .acquiring)
    }

    /// Notes that the subscription was alive when it was asked.
    func heard(askedAt time: Duration) {
        let until = (time + lease).nanoseconds
        guard trustedUntil.exchange(until, ordering: .acquiringAndReleasing) == ResetLease.untrusted else { return }
        // Resets from before are unknown, and so are answers to questions from before.
        next()
    }

    /// Notes that the subscription has ended.
    func lost() {
        trustedUntil.store(ResetLease.untrusted, ordering: .releasing)
        next()
    }

    /// Notes that an identity was reset. To be called before what is kept of it is removed.
    func next() {
        moment.add(1, ordering: .sequentiallyConsistent)
    }
}

extension Duration {
    /// Whole nanoseconds; a clock that counts from a start stays within 64 bits for three centuries.
    fileprivate var nanoseconds: Int64 { components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000 }
}
