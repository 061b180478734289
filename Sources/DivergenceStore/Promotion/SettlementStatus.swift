package import ParallaxCore

/// A reviewer's word, and what has become of it.
package struct SettlementStatus: Equatable, Sendable {
    /// The raw values are shown and read by programs: they never change.
    package enum State: String, Codable, Sendable {
        /// It holds.
        case active
        /// The group's share has doubled: it counts again until someone looks again.
        case expired
        /// A later word on the same group holds.
        case superseded
    }

    package let settlement: Settlement
    package let state: State
    /// How often the group occurs now.
    package let share: Settlement.Share

    package init(settlement: Settlement, state: State, share: Settlement.Share) {
        self.settlement = settlement
        self.state = state
        self.share = share
    }
}

/// A documented part of the report's JSON. Times are milliseconds since the Unix epoch.
extension SettlementStatus: Codable {
    private enum CodingKeys: String, CodingKey {
        case time, kind, cause, organization, judgement, by, note, divergencesThen, comparedThen, divergencesNow,
            comparedNow, state
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        func value<Value: RawRepresentable<String>>(_ key: CodingKeys) throws -> Value {
            guard let value = Value(rawValue: try values.decode(String.self, forKey: key)) else {
                throw DecodingError.dataCorruptedError(forKey: key, in: values, debugDescription: "an unknown name")
            }
            return value
        }
        settlement = Settlement(
            time: try values.decode(Timestamp.self, forKey: .time),
            group: .init(
                kind: try value(.kind), cause: try value(.cause),
                organization: try values.decodeIfPresent(String.self, forKey: .organization)),
            judgement: try value(.judgement), by: try values.decode(String.self, forKey: .by),
            note: try values.decode(String.self, forKey: .note),
            share: .init(
                divergences: try values.decode(Int.self, forKey: .divergencesThen),
                compared: try values.decode(Int.self, forKey: .comparedThen)))
        state = try values.decode(State.self, forKey: .state)
        share = Settlement.Share(
            divergences: try values.decode(Int.self, forKey: .divergencesNow),
            compared: try values.decode(Int.self, forKey: .comparedNow))
    }

    package func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(settlement.time, forKey: .time)
        try values.encode(settlement.group.kind.rawValue, forKey: .kind)
        try values.encode(settlement.group.cause.rawValue, forKey: .cause)
        try values.encode(settlement.group.organization, forKey: .organization)
        try values.encode(settlement.judgement, forKey: .judgement)
        try values.encode(settlement.by, forKey: .by)
        try values.encode(settlement.note, forKey: .note)
        try values.encode(settlement.share.divergences, forKey: .divergencesThen)
        try values.encode(settlement.share.compared, forKey: .comparedThen)
        try values.encode(share.divergences, forKey: .divergencesNow)
        try values.encode(share.compared, forKey: .comparedNow)
        try values.encode(state, forKey: .state)
    }
}
