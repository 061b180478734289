/// The settings that a command uses: it runs only if each of them is valid, whatever is wrong with others.
///
/// Every use includes `ENVIRONMENT` and `CONFIG_DIRECTORY`, since they pick the files that hold the others.
package struct SettingsUse: Equatable, Sendable, ExpressibleByArrayLiteral {
    /// The names of the settings.
    package let names: Set<String>

    private init(_ settings: [Setting]) {
        names = Set((settings + [.environment, .configDirectory]).map(\.name))
    }

    private init(_ groups: Setting.Group...) {
        self.init(Setting.all.filter { groups.contains($0.group) })
    }

    /// All settings of several uses.
    package init(arrayLiteral uses: SettingsUse...) {
        names = uses.reduce(into: SettingsUse([] as [Setting]).names) { $0.formUnion($1.names) }
    }

    /// Where records are kept.
    package static let database = SettingsUse([.databasePath])
    /// Which flag file there is, and the flags of the environment that can win over it.
    package static let flags = SettingsUse([
        .featureFlagFile, .distributedEnabled, .hybrid, .failOpen, .enforcementPercent,
    ])
    /// Under which names callers are recorded.
    package static let privacy = SettingsUse([.identityPrivacy, .identityPrivacyKeyFile])
    /// What the gate asks for, and whether there is a hold-out.
    package static let gate: SettingsUse = [SettingsUse(.gate), SettingsUse([.baselineHoldoutPercent])]
    /// The triggers of the automatic rollback.
    package static let rollback = SettingsUse(.rollback)
    /// What both limiters are held to, and how their verdicts are compared.
    package static let limits = SettingsUse(.limits, .legacy, .comparison)
    /// How Redis is reached.
    package static let redis = SettingsUse(.redis)
    /// Where the service listens.
    package static let address = SettingsUse([.httpHost, .httpPort])
    /// What opens the admin routes.
    package static let adminToken = SettingsUse([.adminTokenFile])

    /// Whether a finding is about one of these settings, or about a file that may hold them.
    func isConcerned(by finding: Finding) -> Bool {
        switch finding.kind {
        // A file that a setting names is opened by the command itself, which says what is wrong with it.
        case .unusableFile: Setting.byName[finding.setting] == nil
        case .unreachable, .unusableAddress: false
        case .wrongType, .outOfRange, .impossibleCombination, .unknownKey, .noEffect, .risk:
            names.contains(Self.settingConcerned(by: finding))
        }
    }

    /// The name of the setting that a finding is about; of an unknown name, the setting that it most resembles.
    private static func settingConcerned(by finding: Finding) -> String {
        if finding.setting.hasPrefix(SettingsFile.organizationsKey) { return Setting.perMinute.name }
        guard finding.kind == .unknownKey else { return finding.setting }
        return SettingsCheck.nearest(to: String(finding.setting.dropFirst().dropLast()))?.name ?? ""
    }
}

extension LoadedSettings {
    /// The errors that keep a command from running.
    package func errors(for use: SettingsUse) -> [Finding] {
        errors.filter(use.isConcerned)
    }
}
