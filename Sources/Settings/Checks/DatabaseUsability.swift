import ParallaxCore
import DivergenceStore
import Foundation

extension LoadedSettings {
    /// These settings with what opening the database brought, if there is one.
    ///
    /// Only a warning: the service starts without its record.
    package func checkingDatabase() -> LoadedSettings {
        let setting = Setting.databasePath.name
        let path = settings.recorder.databasePath
        let isNamedAlready = findings.contains { $0.setting == setting && $0.kind == .unusableFile }
        guard !isNamedAlready, FileManager.default.fileExists(atPath: path),
            let problem = Self.problem(ofDatabase: path)
        else { return self }
        let finding = Finding(
            .warning, .unusableFile, setting: setting, origin: origins[setting] ?? "default", problem: problem,
            remedy: "until then the service starts and records nothing")
        return adding([finding])
    }

    private static func problem(ofDatabase path: String) -> String? {
        guard FileManager.default.isWritableFile(atPath: path) else {
            return "\(DisplayText.quoted(path)) cannot be written"
        }
        do {
            try DivergenceStore(readingFrom: path).close()
            return nil
        } catch let error as DivergenceStoreError {
            // The service brings an older one up to date.
            return error.code == .olderSchema ? nil : error.message
        } catch {
            return "\(error)"
        }
    }
}
