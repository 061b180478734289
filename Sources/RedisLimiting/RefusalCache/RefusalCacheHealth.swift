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
