import Foundation

extension SettingsCheck {
    /// Files that settings name: readable, or in a folder in which they can be made.
    func usedFiles() -> [Finding] {
        var findings: [Finding] = []
        for (setting, path) in [
            (Setting.adminTokenFile, settings.http.adminTokenFile),
            (.responseTimesTokenFile, settings.http.responseTimesTokenFile),
        ] {
            guard let path else { continue }
            do throws(BearerTokenError) {
                _ = try BearerToken(file: path)
            } catch {
                findings.append(unusable(setting, error.description, "write a secret of 16 bytes or more into it"))
            }
        }
        // The service makes the folder of the flag file, and not that of the database.
        for (setting, path, makesFolder) in [
            (Setting.databasePath, settings.recorder.databasePath, false),
            (.featureFlagFile, settings.flags.file, true),
        ] {
            if let problem = Self.placeProblem(path, makesFolder: makesFolder) {
                findings.append(unusable(setting, problem, "create the folder, or name another file"))
            }
        }
        return findings
    }

    private func unusable(_ setting: Setting, _ problem: String, _ remedy: String) -> Finding {
        Finding(
            .error, .unusableFile, setting: setting.name, origin: reader.origin(of: setting), problem: problem,
            remedy: remedy)
    }

    /// Why a file can be neither opened nor made.
    private static func placeProblem(_ path: String, makesFolder: Bool) -> String? {
        let url = URL(fileURLWithPath: path)
        let folder = url.deletingLastPathComponent().path
        let files = FileManager.default
        var isDirectory: ObjCBool = false
        if files.fileExists(atPath: path, isDirectory: &isDirectory) {
            if isDirectory.boolValue { return "\(QuotedText(path)) is a folder, not a file" }
            return files.isReadableFile(atPath: path) ? nil : "\(QuotedText(path)) cannot be read"
        }
        guard files.fileExists(atPath: folder, isDirectory: &isDirectory) else {
            return makesFolder ? nil : "the folder of \(QuotedText(path)) does not exist"
        }
        guard isDirectory.boolValue else {
            return "the folder of \(QuotedText(path)) is a file"
        }
        return files.isWritableFile(atPath: folder) ? nil : "the folder of \(QuotedText(path)) cannot be written"
    }
}
