import ParallaxCore
import DivergenceStore

extension SettingsCheck {
    /// Whether identifiers can be stored as they are meant to be.
    func privacy() -> [Finding] {
        switch (settings.recorder.identityPrivacy, settings.recorder.identityPrivacyKeyFile) {
        case (.plain, nil): return []
        case (.plain, _?):
            return [
                finding(
                    .warning, .noEffect, .identityPrivacyKeyFile, "has no effect: IDENTITY_PRIVACY is plain",
                    "set that to hashed, or remove this setting")
            ]
        case (.hashed, nil):
            return [
                finding(
                    .error, .impossibleCombination, .identityPrivacy, "is hashed, and there is no key",
                    "name its file by IDENTITY_PRIVACY_KEY_FILE; make one with: openssl rand -out FILE 32")
            ]
        case (.hashed, let path?):
            do throws(PseudonymKeyError) {
                _ = try PseudonymKey(file: path)
                return []
            } catch {
                return [
                    finding(
                        .error, .unusableFile, .identityPrivacyKeyFile,
                        "the file \(DisplayText.quoted(error.path)) \(error.problem)", error.remedy)
                ]
            }
        }
    }
}
