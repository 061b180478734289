/// The values of the four flags that steer a migration, as one consistent reading.
package struct FlagValues: Codable, Hashable, Sendable {
    /// `DISTRIBUTED_RATE_LIMITING_ENABLED`: off means `legacy`, whatever else is set.
    package var distributedEnabled: Bool
    /// `HYBRID_RATE_LIMITING`: whether both sides judge.
    package var hybrid: Bool
    /// `FAIL_OPEN_ON_REDIS_ERROR`: whether requests pass while Redis cannot answer. ignored in production.
    package var failOpen: Bool
    /// `DISTRIBUTED_ENFORCEMENT_PERCENT`: in hybrid, the share of identities for which the candidate is enforced, 0 to 100.
    package var enforcementPercent: Double

    package init(distributedEnabled: Bool, hybrid: Bool, failOpen: Bool, enforcementPercent: Double) {
        self.distributedEnabled = distributedEnabled
        self.hybrid = hybrid
        self.failOpen = failOpen
        self.enforcementPercent = enforcementPercent
    }

    /// Both judge and control is enforced: where a migration starts.
    package static let defaultValue = FlagValues(
        distributedEnabled: true, hybrid: true, failOpen: false, enforcementPercent: 0)

    package var strategy: Strategy {
        switch (distributedEnabled, hybrid) {
        case (false, _): .legacy
        case (true, true): .hybrid
        case (true, false): .distributedOnly
        }
    }
}

extension FlagValues {
    /// The value of one flag. Setting a value of the other type traps: a reader of a file checks it first.
    package subscript(name: FlagName) -> FlagValue {
        get {
            switch name {
            case .distributedEnabled: .boolean(distributedEnabled)
            case .hybrid: .boolean(hybrid)
            case .failOpen: .boolean(failOpen)
            case .enforcementPercent: .number(enforcementPercent)
            }
        }
        set {
            switch (name, newValue) {
            case (.distributedEnabled, .boolean(let value)): distributedEnabled = value
            case (.hybrid, .boolean(let value)): hybrid = value
            case (.failOpen, .boolean(let value)): failOpen = value
            case (.enforcementPercent, .number(let value)): enforcementPercent = value
            default: preconditionFailure("\(name.rawValue) cannot hold \(newValue)")
            }
        }
    }
}

/// The phase of the migration an instance is in. The raw values are stored and shown: they never change.
package enum Strategy: String, CaseIterable, Codable, Sendable {
    /// Only control; Redis is only probed.
    case legacy
    /// Both judge, one is enforced.
    case hybrid
    /// Only the candidate.
    case distributedOnly = "distributed_only"
}

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

/// What someone wants of the flags; what is `nil` stays as it is.
package struct FlagUpdate: Equatable, Sendable {
    package var distributedEnabled: Bool?
    package var hybrid: Bool?
    package var failOpen: Bool?
    /// From 0 to 100.
    package var enforcementPercent: Double?
    /// Whether the targeting rules of the flags that are set are emptied too.
    ///
    /// Parallax does not evaluate them, but other clients do, and for those a rule wins over the default.
    package var emptiesTargeting: Bool

    package init(
        distributedEnabled: Bool? = nil, hybrid: Bool? = nil, failOpen: Bool? = nil, enforcementPercent: Double? = nil,
        emptiesTargeting: Bool = false
    ) {
        self.distributedEnabled = distributedEnabled
        self.hybrid = hybrid
        self.failOpen = failOpen
        self.enforcementPercent = enforcementPercent
        self.emptiesTargeting = emptiesTargeting
    }

    /// All flags as they once were.
    package init(restoring values: FlagValues, emptiesTargeting: Bool) {
        self.init(
            distributedEnabled: values.distributedEnabled, hybrid: values.hybrid, failOpen: values.failOpen,
            enforcementPercent: values.enforcementPercent, emptiesTargeting: emptiesTargeting)
    }

    /// The rollback to only control, for every client of the file.
    package static let rollback = FlagUpdate(distributedEnabled: false, emptiesTargeting: true)

    /// The flags that are set and their values, in the order of ``FlagName``.
    package var assignments: [(name: FlagName, value: FlagValue)] {
        FlagName.allCases.compactMap { name in self[name].map { (name, $0) } }
    }

    /// The values after this update of those before.
    package func applied(to values: FlagValues) -> FlagValues {
        assignments.reduce(into: values) { $0[$1.name] = $1.value }
    }

    private subscript(name: FlagName) -> FlagValue? {
        switch name {
        case .distributedEnabled: distributedEnabled.map(FlagValue.boolean)
        case .hybrid: hybrid.map(FlagValue.boolean)
        case .failOpen: failOpen.map(FlagValue.boolean)
        case .enforcementPercent: enforcementPercent.map(FlagValue.number)
        }
    }
}
