import ParallaxCore

extension Settings.Limits {
    init(reading reader: inout SettingsReader, isProduction: Bool, overrides: [OrganizationLimits]) {
        let limits = [
            "second": reader.integer(.perSecond),
            "minute": reader.integer(isProduction ? .productionPerMinute : .perMinute),
            "hour": reader.integer(isProduction ? .productionPerHour : .perHour),
            "burst": reader.integer(isProduction ? .productionBurst : .burst),
        ]
        // The others are read all the same, so that what is wrong with them is found before it matters.
        for setting in isProduction
            ? [Setting.perMinute, .perHour, .burst] : [.productionPerMinute, .productionPerHour, .productionBurst]
        {
            _ = reader.integer(setting)
        }
        let burstWindow = reader.seconds(.burstWindow)
        book = PolicyBook(
            standard: Self.policy(limits, burstWindow: burstWindow),
            overrides: Dictionary(
                overrides.map { override in
                    let merged = limits.merging(override.limits) { _, own in own }
                    return (override.organization, Self.policy(merged, burstWindow: burstWindow))
                }, uniquingKeysWith: { _, last in last }))
    }

    /// The four windows, in the order in which answers list them.
    private static func policy(_ limits: [String: Int], burstWindow: Duration) -> Policy {
        let milliseconds = burstWindow / .milliseconds(1)
        let durations: [(String, Int64)] = [
            ("second", 1_000), ("minute", 60_000), ("hour", 3_600_000), ("burst", Int64(milliseconds.rounded())),
        ]
        let windows = durations.map { Window(name: $0, limit: limits[$0]!, durationMilliseconds: $1) }
        guard let policy = try? Policy(windows: windows) else {
            preconditionFailure("limits within the ranges of the settings make a policy")
        }
        return policy
    }
}

/// The limits that replace the standard ones for one organization.
package struct OrganizationLimits: Equatable, Sendable {
    /// The names of the windows whose limits can be replaced.
    package static let windowNames = ["second", "minute", "hour", "burst"]

    /// The organization's name: any text of 1 to 256 bytes.
    package let organization: String
    /// Limits by window name; the other windows keep the standard limit.
    package let limits: [String: Int]

    package init(organization: String, limits: [String: Int]) {
        self.organization = organization
        self.limits = limits
    }
}
