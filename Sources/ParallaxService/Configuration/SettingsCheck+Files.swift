import Foundation

extension SettingsCheck {
    /// Files that settings name: readable, or in a folder in which they can be made.
    func usedFiles() -> [Finding] {
        var findings: [Finding] = []
        if let path = settings.http.adminTokenFile {
            do throws(AdminTokenError) {
                _ = try AdminToken(file: path)
            } catch {
                findings.append(
                    unusable(.adminTokenFile, error.description, "write a secret of 16 bytes or more into it"))
            }
        }
        for (setting, path) in [
            (Setting.databasePath, settings.recorder.databasePath), (.featureFlagFile, settings.flags.file),
        ] {
            if let problem = Self.placeProblem(path) {
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
    private static func placeProblem(_ path: String) -> String? {
        let url = URL(fileURLWithPath: path)
        let folder = url.deletingLastPathComponent().path
        let files = FileManager.default
        var isDirectory: ObjCBool = false
        if files.fileExists(atPath: path, isDirectory: &isDirectory) {
            if isDirectory.boolValue { return "\(QuotedText(path)) is a folder, not a file" }
            return files.isReadableFile(atPath: path) ? nil : "\(QuotedText(path)) cannot be read"
        }
        guard files.fileExists(atPath: folder, isDirectory: &isDirectory), isDirectory.boolValue else {
            return "the folder of \(QuotedText(path)) does not exist"
        }
        return files.isWritableFile(atPath: folder) ? nil : "the folder of \(QuotedText(path)) cannot be written"
    }
}
