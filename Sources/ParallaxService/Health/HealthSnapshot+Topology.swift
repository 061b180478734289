package import ParallaxCore

extension HealthSnapshot {
    /// The servers behind an address that names sentinels or a cluster. Holds no addresses, since health needs no token.
    package struct Topology: Equatable, Sendable {
        /// `sentinel` or `cluster`.
        package var kind: String
        package var primaries: [Primary]
        /// Slots that no primary serves, of 16384.
        package var uncoveredSlots: Int

        package init(kind: String, primaries: [Primary], uncoveredSlots: Int) {
            self.kind = kind
            self.primaries = primaries
            self.uncoveredSlots = uncoveredSlots
        }
    }

    package struct Primary: Equatable, Sendable {
        /// The beginning of its id in `CLUSTER NODES`; `nil` under sentinels.
        package var id: String?
        package var slots: [ClosedRange<Int>]
        package var replicas: Int
        /// Since when this instance has known it as a primary.
        package var since: Timestamp
        package var isConnected: Bool
        package var breaker: Redis.Breaker

        package init(
            id: String?, slots: [ClosedRange<Int>], replicas: Int, since: Timestamp, isConnected: Bool,
            breaker: Redis.Breaker
        ) {
            self.id = id
            self.slots = slots
            self.replicas = replicas
            self.since = since
            self.isConnected = isConnected
            self.breaker = breaker
        }
    }
}
