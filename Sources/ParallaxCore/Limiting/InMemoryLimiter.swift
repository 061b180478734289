/// The legacy side: a limiter in this instance's memory, bounded in identities and bytes.
///
/// It has no clock: every decision is made at the time that the caller passes.
package struct InMemoryLimiter: ImmediateLimiter {
    package let algorithm: LimiterAlgorithm
    private let store: any InMemoryStore

    /// Makes a limiter that remembers nobody yet.
    ///
    /// - Parameters:
    ///   - algorithm: How it counts; the sliding log where nothing else is said.
    ///   - bounds: The least recently used identities go first once they are reached.
    ///   - shardCount: A power of two; more shards let more threads in at once.
    package init(algorithm: LimiterAlgorithm = .slidingLog, bounds: MemoryBounds = MemoryBounds(), shardCount: Int = 64)
    {
        self.algorithm = algorithm
        store =
            switch algorithm {
            case .slidingLog: InMemoryStates<SlidingLog>(bounds: bounds, shardCount: shardCount)
            case .fixedWindow:
                InMemoryStates<WindowCounters<FixedWindowCounter>>(bounds: bounds, shardCount: shardCount)
            case .slidingCounter: InMemoryStates<WindowCounters<SlidingCounter>>(bounds: bounds, shardCount: shardCount)
            case .tokenBucket:
                InMemoryStates<WindowCounters<TokenBucketCounter>>(bounds: bounds, shardCount: shardCount)
            }
    }

    package func judge(_ request: CheckRequest, at now: Timestamp) -> Decision { store.judge(request, at: now) }

    /// Forgets an identity, and says whether there was anything to forget.
    @discardableResult
    package func reset(_ identity: Identity) -> Bool { store.reset(identity) }

    /// When the identity was last dropped to stay within the bounds, as far back as that is remembered.
    package func lastEviction(of identity: Identity) -> Timestamp? { store.lastEviction(of: identity) }

    /// Identities and bytes held now, and evictions since the start.
    package var occupancy: MemoryOccupancy { store.occupancy }
}

/// The states of all identities, whatever the algorithm.
private protocol InMemoryStore: Sendable {
    func judge(_ request: CheckRequest, at now: Timestamp) -> Decision
    func reset(_ identity: Identity) -> Bool
    func lastEviction(of identity: Identity) -> Timestamp?
    var occupancy: MemoryOccupancy { get }
}

private struct InMemoryStates<State: LimiterState>: InMemoryStore {
    private let table: IdentityTable<State>

    init(bounds: MemoryBounds, shardCount: Int) {
        table = IdentityTable(bounds: bounds, shardCount: shardCount)
    }

    func judge(_ request: CheckRequest, at now: Timestamp) -> Decision {
        table.withValue(of: request.identity, at: now, make: State.init, heapBytes: \.heapBytes) { state in
            state.decide(request.policy, cost: request.cost, at: now)
        }
    }

    func reset(_ identity: Identity) -> Bool { table.remove(identity) }

    func lastEviction(of identity: Identity) -> Timestamp? { table.lastEviction(of: identity) }

    var occupancy: MemoryOccupancy { table.occupancy }
}
