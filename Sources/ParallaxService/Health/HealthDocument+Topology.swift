import ParallaxCore

extension HealthDocument {
    /// The primaries behind an address that names sentinels or a cluster.
    struct Topology: Encodable {
        let kind: String
        let uncoveredSlots: Int
        let primaries: [Primary]

        init(_ topology: HealthSnapshot.Topology) {
            kind = topology.kind
            uncoveredSlots = topology.uncoveredSlots
            primaries = topology.primaries.map(Primary.init)
        }
    }

    struct Primary: Encodable {
        let id: String?
        let slots: String
        let replicas: Int
        let since: String
        let connected: Bool
        let breaker: String

        init(_ primary: HealthSnapshot.Primary) {
            id = primary.id
            slots = primary.slots.map(Primary.text).joined(separator: ",")
            replicas = primary.replicas
            since = primary.since.textInHealth
            connected = primary.isConnected
            breaker = primary.breaker.rawValue
        }

        private static func text(_ slots: ClosedRange<Int>) -> String {
            slots.count == 1 ? "\(slots.lowerBound)" : "\(slots.lowerBound)-\(slots.upperBound)"
        }
    }
}
