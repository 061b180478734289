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
