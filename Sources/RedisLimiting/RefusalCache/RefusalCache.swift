package import ParallaxCore
import Synchronization

/// Redis's refusals of hot identities, kept in this instance and repeated while they are certain to hold.
///
/// Bounded: the least recently used go first. Empty and out of use while resets may be missed.
package final class RefusalCache: RefusalMemory {
    /// What an identity's place in the table holds.
    private struct Place: TableValue {
        var refusal: StandingRefusal?

        var heapBytes: Int { refusal?.heapBytes ?? 0 }
    }

    private let table: IdentityTable<Place>
    private let watch: ResetWatch
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
        watch = ResetWatch(lease: lease)
        self.uptime = uptime
    }

    package func refusal(of request: CheckRequest) -> Decision? {
        let now = uptime()
        guard watch.isTrusted(at: now),
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
        let moment = watch.now
        let askedAt = uptime()
        let decision = await ask()
        let answeredAt = uptime()
        if let refusal = StandingRefusal(of: request, decision, askedAt: askedAt, answeredAt: answeredAt) {
            keep(refusal, of: request.identity, since: moment, at: answeredAt)
        } else if decision.judgedAt != nil, request.cost > 0 {
            // Units were accepted, or the refusal is of a kind that does not stand: what was kept may be outdated.
            table.remove(request.identity)
        }
        return decision
    }

    /// Keeps a refusal unless the identity may have been reset since Redis was asked.
    private func keep(_ refusal: StandingRefusal, of identity: Identity, since moment: Int, at now: Duration) {
        guard watch.isTrusted(at: now), watch.now == moment else { return }
        table.withValue(of: identity, at: Timestamp(milliseconds: 0)) { place in
            // Looked at once more under the table's lock: a reset changes the moment first, and then removes.
            if watch.now == moment { place.refusal = refusal }
        }
    }
}

// MARK: Resets
extension RefusalCache {
    /// Notes that the subscription to resets answered a question put at a time of the cache's clock.
    func heard(askedAt time: Duration) { watch.heard(askedAt: time) }

    /// Forgets everything, since resets can no longer be received.
    func lost() {
        watch.lost()
        table.removeAll()
    }

    /// Notes a reset whose identities are forgotten in a moment: what Redis has said and has not yet arrived is not
    /// kept.
    func willReset() { watch.next() }

    /// Forgets the identities of a scope, also what Redis has said of them and has not yet arrived.
    func reset(_ scope: ResetScope) {
        watch.next()
        table.removeAll(in: scope)
    }

    /// The time of the cache's clock.
    var now: Duration { uptime() }
}

extension RefusalCache {
    package var health: RefusalCacheHealth {
        let occupancy = table.occupancy
        return RefusalCacheHealth(
            isInUse: watch.isTrusted(at: uptime()), identities: occupancy.identities, evictions: occupancy.evictions,
            refusals: repeated.load(ordering: .relaxed))
    }
}
