/// A flag that steers a migration. The raw values are the names in the flag file and in the environment.
package enum FlagName: String, CaseIterable, Sendable {
    case distributedEnabled = "DISTRIBUTED_RATE_LIMITING_ENABLED"
    case hybrid = "HYBRID_RATE_LIMITING"
    case failOpen = "FAIL_OPEN_ON_REDIS_ERROR"
    case enforcementPercent = "DISTRIBUTED_ENFORCEMENT_PERCENT"

    package var isBoolean: Bool {
        self != .enforcementPercent
    }
}

/// The value of one flag.
package enum FlagValue: Hashable, Sendable, CustomStringConvertible {
    case boolean(Bool)
    case number(Double)

    package var description: String { json.text(layout: .compact) }

    package var json: JSONValue {
        switch self {
        case .boolean(let value): .boolean(value)
        case .number(let number): .number(number)
        }
    }
}
