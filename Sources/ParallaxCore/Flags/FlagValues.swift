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
    package static let standard = FlagValues(
        distributedEnabled: true, hybrid: true, failOpen: false, enforcementPercent: 0)

    package var strategy: Strategy {
        switch (distributedEnabled, hybrid) {
        case (false, _): .legacy
        case (true, true): .hybrid
        case (true, false): .distributedOnly
        }
    }
}
