/// How much a table of identities may hold; the least recently used go first once either bound is reached.
package struct MemoryBounds: Equatable, Sendable {
    package var identities: Int
    package var bytes: Int

    package init(identities: Int = 1_000_000, bytes: Int = 512 * 1024 * 1024) {
        self.identities = identities
        self.bytes = bytes
    }
}

/// How much a table of identities holds, and what it has let go.
package struct MemoryOccupancy: Equatable, Sendable {
    package var identities = 0
    /// An estimate that errs upwards.
    package var bytes = 0
    /// Identities dropped to stay within the bounds, since the start.
    package var evictions = 0

    package init(identities: Int = 0, bytes: Int = 0, evictions: Int = 0) {
        self.identities = identities
        self.bytes = bytes
        self.evictions = evictions
    }
}
