import DivergenceStore
import FeatureFlags
import Foundation
import ParallaxCore
import RedisLimiting

extension SettingsCheck {
    /// Files that settings name: readable, or in a folder in which they can be made.
    func usedFiles() -> [Finding] {
        var findings: [Finding] = []
        for (setting, path) in [
            (Setting.adminTokenFile, settings.http.adminTokenFile),
            (.responseTimesTokenFile, settings.http.responseTimesTokenFile),
        ] {
            guard let path else { continue }
            do throws(SecretFileError) {
                _ = try BearerToken(file: path)
                findings += openSecret(setting, path)
            } catch {
                findings.append(unusable(setting, error.description, error.remedy))
            }
        }
        switch FileUsability(settings.flags.file) {
        case .usable, .missingFolder: break  // The service makes the folder.
        case .impossible(let problem), .unusable(let problem):
            findings.append(
                unusable(
                    .featureFlagFile, problem, "name a file in a folder that the service's user may read and write"))
        }
        switch FileUsability(settings.recorder.databasePath) {
        case .usable: break
        case .impossible(let problem):
            findings.append(unusable(.databasePath, problem, "name a file in a folder on a disk"))
        case .unusable(let problem), .missingFolder(let problem):
            // An outage of a disk looks like this, and takes no limiter down.
            findings.append(
                unusable(
                    .databasePath, problem + ": nothing is recorded until that changes",
                    "create the folder, let the service's user write there, or name another file", .warning))
        }
        return findings + openFiles() + networkFiles()
    }

    /// A secret that all users of the machine may read.
    func openSecret(_ setting: Setting, _ path: String) -> [Finding] {
        guard SecretFile.isReadableByOthers(path) else { return [] }
        return [
            finding(
                .warning, .risk, setting,
                "the file \(DisplayText.quoted(path)) is readable by all users of the machine",
                "remove that right if others have accounts: chmod o= FILE; in a container of its own it does no harm")
        ]
    }

    /// Records that others may read, and flags that others may replace.
    private func openFiles() -> [Finding] {
        var findings: [Finding] = []
        let database = settings.recorder.databasePath
        if let mode = FileMode(database), !mode.isFolder, mode.isOpenToOthers {
            findings.append(
                finding(
                    .warning, .risk, .databasePath,
                    "\(DisplayText.quoted(database)) is readable by all users of the machine, with the identifiers that it holds",
                    "chmod o= FILE FILE-wal FILE-shm; new databases are open to the service's user only"))
        }
        let folder = URL(fileURLWithPath: settings.flags.file).deletingLastPathComponent().path
        if let mode = FileMode(folder), mode.isFolderOpenToOthers {
            findings.append(
                finding(
                    .warning, .risk, .featureFlagFile,
                    "all users of the machine may replace files in the folder of \(DisplayText.quoted(settings.flags.file))",
                    "remove that right: chmod o-w FOLDER"))
        }
        return findings
    }

    /// SQLite's write-ahead log needs memory that all who use the file share: there is none over a network.
    private func networkFiles() -> [Finding] {
        let path = settings.recorder.databasePath
        guard let type = FileSystemType(at: FileUsability.nearestExisting(path)), type.isNetwork else { return [] }
        return [
            finding(
                .warning, .risk, .databasePath,
                "\(DisplayText.quoted(path)) is on a network file system (\(type.name))",
                "name a file on a local disk: SQLite can lose records there; the flag file may stay on a shared volume")
        ]
    }

    private func unusable(
        _ setting: Setting, _ problem: String, _ remedy: String, _ severity: Finding.Severity = .error
    ) -> Finding {
        Finding(
            severity, .unusableFile, setting: setting.name, origin: reader.origin(of: setting), problem: problem,
            remedy: remedy)
    }
}

extension LoadedSettings {
    /// These settings with what trying to write the flag file brought. A file that is not there yet is made by the
    /// service.
    package func checkingFlagFile() -> LoadedSettings {
        let name = Setting.featureFlagFile.name
        guard !findings.contains(where: { $0.setting == name && $0.severity == .error }) else { return self }
        do {
            try FlagFile(path: settings.flags.file).requireWritable()
            return self
        } catch {
            if error.code == .missing { return self }
            let finding = Finding(
                .warning, .unusableFile, setting: name, origin: origins[name] ?? "default",
                problem: "a rollback would hold each instance for itself: \(error.message)",
                remedy: "until then neither 'parallax promote' nor 'parallax flags set' works from here")
            return adding([finding])
        }
    }
}

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
