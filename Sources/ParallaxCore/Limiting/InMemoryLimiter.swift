/// The legacy side: a limiter in this instance's memory, bounded in identities and bytes.
///
/// It has no clock: every decision is made at the time that the caller passes.
package final class InMemoryLimiter: ImmediateLimiter {
    /// One table for the algorithm in use. An enumeration and no protocol, so that each is compiled for its own type.
    private enum Tables: ~Copyable, Sendable {
        case slidingLog(IdentityTable<SlidingLog>)
        case fixedWindow(IdentityTable<WindowCounters<FixedWindowCounter>>)
        case slidingCounter(IdentityTable<WindowCounters<SlidingCounter>>)
        case tokenBucket(IdentityTable<WindowCounters<TokenBucketCounter>>)
    }

    package let algorithm: LimiterAlgorithm
    private let tables: Tables

    /// Makes a limiter that remembers no one yet.
    ///
    /// - Parameters:
    ///   - algorithm: How it counts; the sliding log if nothing else is said.
    ///   - bounds: The least recently used identities go first once they are reached.
    ///   - shardCount: A power of two; more shards let more threads in at once.
    package init(
        algorithm: LimiterAlgorithm = .slidingLog, bounds: MemoryBounds = MemoryBounds(), shardCount: Int = 64
    ) {
        self.algorithm = algorithm
        tables =
            switch algorithm {
            case .slidingLog: .slidingLog(IdentityTable(bounds: bounds, shardCount: shardCount))
            case .fixedWindow: .fixedWindow(IdentityTable(bounds: bounds, shardCount: shardCount))
            case .slidingCounter: .slidingCounter(IdentityTable(bounds: bounds, shardCount: shardCount))
            case .tokenBucket: .tokenBucket(IdentityTable(bounds: bounds, shardCount: shardCount))
            }
    }

    package func judge(_ request: CheckRequest, at now: Timestamp) -> Decision {
        switch tables {
        case .slidingLog(let table): judge(request, at: now, in: table)
        case .fixedWindow(let table): judge(request, at: now, in: table)
        case .slidingCounter(let table): judge(request, at: now, in: table)
        case .tokenBucket(let table): judge(request, at: now, in: table)
        }
    }

    @inline(__always)
    private func judge<State: LimiterState & ~Copyable>(
        _ request: CheckRequest, at now: Timestamp, in table: borrowing IdentityTable<State>
    ) -> Decision {
        table.withValue(of: request.identity, at: now) { $0.decide(request.policy, cost: request.cost, at: now) }
    }

    /// Whether ``judge(_:at:)`` allows a request, taking its units if so: for callers that need only the verdict.
    package func admits(_ request: CheckRequest, at now: Timestamp) -> Bool {
        switch tables {
        case .slidingLog(let table): admits(request, at: now, in: table)
        case .fixedWindow(let table): admits(request, at: now, in: table)
        case .slidingCounter(let table): admits(request, at: now, in: table)
        case .tokenBucket(let table): admits(request, at: now, in: table)
        }
    }

    @inline(__always)
    private func admits<State: LimiterState & ~Copyable>(
        _ request: CheckRequest, at now: Timestamp, in table: borrowing IdentityTable<State>
    ) -> Bool {
        table.withValue(of: request.identity, at: now) { $0.admit(request.policy, cost: request.cost, at: now) }
    }

    /// Judges a request without taking anything or noting that it was asked.
    package func look(_ request: CheckRequest, at now: Timestamp) -> Decision {
        switch tables {
        case .slidingLog(let table): look(request, at: now, in: table)
        case .fixedWindow(let table): look(request, at: now, in: table)
        case .slidingCounter(let table): look(request, at: now, in: table)
        case .tokenBucket(let table): look(request, at: now, in: table)
        }
    }

    private func look<State: LimiterState & ~Copyable>(
        _ request: CheckRequest, at now: Timestamp, in table: borrowing IdentityTable<State>
    ) -> Decision {
        table.peek(at: request.identity) { $0.look(request.policy, cost: request.cost, at: now) }
            ?? State().look(request.policy, cost: request.cost, at: now)
    }

    /// Forgets an identity, and says whether there was anything to forget.
    @discardableResult
    package func reset(_ identity: Identity) -> Bool { reset(.identity(identity)) > 0 }

    /// Forgets the identities of a scope, and says how many there were.
    @discardableResult
    package func reset(_ scope: ResetScope) -> Int {
        switch tables {
        case .slidingLog(let table): table.removeAll(in: scope)
        case .fixedWindow(let table): table.removeAll(in: scope)
        case .slidingCounter(let table): table.removeAll(in: scope)
        case .tokenBucket(let table): table.removeAll(in: scope)
        }
    }

    /// When the identity was last dropped to stay within the bounds, or may have been at the latest; `nil` if it never
    /// was.
    package func lastEviction(of identity: Identity) -> Timestamp? {
        switch tables {
        case .slidingLog(let table): table.lastEviction(of: identity)
        case .fixedWindow(let table): table.lastEviction(of: identity)
        case .slidingCounter(let table): table.lastEviction(of: identity)
        case .tokenBucket(let table): table.lastEviction(of: identity)
        }
    }

    /// Identities and bytes held now, and evictions since the start.
    package var occupancy: MemoryOccupancy {
        switch tables {
        case .slidingLog(let table): table.occupancy
        case .fixedWindow(let table): table.occupancy
        case .slidingCounter(let table): table.occupancy
        case .tokenBucket(let table): table.occupancy
        }
    }
}

/// How a limiter in memory counts: what people's legacy limiters really use.
package enum LimiterAlgorithm: String, CaseIterable, Sendable {
    /// The log of accepted units: exact, and the same definition as the script in Redis.
    case slidingLog = "sliding_log"
    /// One counter a window, set back at multiples of its duration.
    case fixedWindow = "fixed_window"
    /// The current bucket and the previous one weighted by its overlap.
    case slidingCounter = "sliding_counter"
    /// A bucket a window that refills steadily up to the limit.
    case tokenBucket = "token_bucket"
}

/// What a table keeps of one identity.
package protocol TableValue: ~Copyable, Sendable {
    /// What is kept of an identity never seen before.
    init()

    /// Bytes on the heap, for the bound on memory.
    var heapBytes: Int { get }
}

/// What a limiter in memory keeps of one identity, and how it judges by it.
package protocol LimiterState: TableValue, ~Copyable {
    /// Judges a cost within the policy's smallest limit, all windows or none, and takes the units if it accepts.
    mutating func decide(_ policy: Policy, cost: Int, at now: Timestamp) -> Decision

    /// Whether ``decide(_:cost:at:)`` accepts, taking the units if so: for callers that need only the verdict.
    mutating func admit(_ policy: Policy, cost: Int, at now: Timestamp) -> Bool

    /// Judges without taking anything.
    func look(_ policy: Policy, cost: Int, at now: Timestamp) -> Decision
}

extension LimiterState where Self: ~Copyable {
    package mutating func admit(_ policy: Policy, cost: Int, at now: Timestamp) -> Bool {
        decide(policy, cost: cost, at: now).isAllowed
    }
}
