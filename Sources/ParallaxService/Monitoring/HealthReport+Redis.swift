package import ParallaxCore
package import RedisLimiting

extension HealthReport {
    struct Redis: Equatable, Sendable {
        enum State: String, CaseIterable, Encodable, Sendable {
            case healthy
            case unhealthy
            /// Not probed yet.
            case unknown
        }

        var state: State
        var breaker = BreakerState.closed
        /// Whether it answered at least once since the start.
        var hasAnswered: Bool
        /// Whether it is a private server of this instance, which shares no limits.
        var isEmbedded = false
        var roundTripMilliseconds: Double?
        /// Since when there was invalid run, in seconds; `nil` while healthy.
        var downSeconds: Double?
        /// What went wrong last, without address or password.
        var problem: String?
        /// Whether callers get decisions although probes fail.
        var isDeciding = false
        /// Connections that failed or were lost since the start.
        var connectionFailures = 0
        /// Values under keys of the limiter that no release wrote and that were replaced, since the start.
        var replacedForeignValues = 0
        /// Why resets at other instances do not reach this one's memory; `nil` if they do, or need not.
        var resetsProblem: String?
        /// What is wrong with a server that answers.
        var concerns: [ServerConcern] = []
        /// The servers behind the address; `nil` if it names one.
        var topology: TopologyHealth?
    }
}

extension ServerConcern {
    var sentence: String { "REDIS_URL \(problem)" }
}

extension HealthReport.Redis: Encodable {
    private enum CodingKeys: String, CodingKey {
        case state, breaker, embedded, roundTripMs, downSeconds, problem, replacedValues, resetsProblem, concerns
        case answersDecisions, topology
    }

    func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(state, forKey: .state)
        try fields.encode(breaker.rawValue, forKey: .breaker)
        try fields.encode(isEmbedded, forKey: .embedded)
        try fields.encodeIfPresent(roundTripMilliseconds, forKey: .roundTripMs)
        try fields.encodeIfPresent(downSeconds, forKey: .downSeconds)
        try fields.encodeIfPresent(problem, forKey: .problem)
        if replacedForeignValues > 0 { try fields.encode(replacedForeignValues, forKey: .replacedValues) }
        try fields.encodeIfPresent(resetsProblem, forKey: .resetsProblem)
        if !concerns.isEmpty { try fields.encode(concerns.map(\.sentence), forKey: .concerns) }
        if isDeciding, state != .healthy { try fields.encode(true, forKey: .answersDecisions) }
        try fields.encodeIfPresent(topology, forKey: .topology)
    }
}

/// Without addresses, since health needs no token.
extension TopologyHealth: Encodable {
    private enum CodingKeys: String, CodingKey {
        case kind, uncoveredSlots, primaries
    }

    package func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(kind.rawValue, forKey: .kind)
        try fields.encode(uncovered, forKey: .uncoveredSlots)
        try fields.encode(primaries, forKey: .primaries)
    }
}

extension TopologyHealth.Primary: Encodable {
    private enum CodingKeys: String, CodingKey {
        case id, slots, replicas, since, connected, breaker
    }

    package func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encodeIfPresent(id, forKey: .id)
        try fields.encode(slots.map(Self.text).joined(separator: ","), forKey: .slots)
        try fields.encode(replicas, forKey: .replicas)
        try fields.encode(since.iso8601Seconds, forKey: .since)
        try fields.encode(connections > 0, forKey: .connected)
        try fields.encode(breaker.rawValue, forKey: .breaker)
    }

    private static func text(_ slots: ClosedRange<Int>) -> String {
        slots.count == 1 ? "\(slots.lowerBound)" : "\(slots.lowerBound)-\(slots.upperBound)"
    }
}

extension MemoryOccupancy: Encodable {
    private enum CodingKeys: String, CodingKey {
        case identities, bytes, evictions
    }

    package func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(identities, forKey: .identities)
        try fields.encode(bytes, forKey: .bytes)
        try fields.encode(evictions, forKey: .evictions)
    }
}
