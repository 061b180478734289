/// The settings as read, and what is wrong with them.
package struct LoadedSettings: Equatable, Sendable {
    /// Every setting, with its default if none or a wrong one was given.
    package let settings: Settings
    /// What is wrong, in the order of the documentation; the service starts only without errors.
    package let findings: [Finding]
    /// Where each setting came from, by name: a source, or `default`.
    package let origins: [String: String]
    /// Each setting as it was written, by name; its default if no source says anything.
    package let texts: [String: SecretText]

    /// The same settings with more findings.
    func adding(_ findings: [Finding]) -> LoadedSettings {
        LoadedSettings(settings: settings, findings: self.findings + findings, origins: origins, texts: texts)
    }

    package var errors: [Finding] { findings.filter { $0.severity == .error } }
    package var warnings: [Finding] { findings.filter { $0.severity == .warning } }
}
