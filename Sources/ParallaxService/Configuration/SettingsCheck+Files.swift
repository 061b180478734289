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
        switch FilePlace(settings.flags.file) {
        case .usable, .missingFolder: break  // The service makes the folder.
        case .impossible(let problem), .unusable(let problem):
            findings.append(unusable(.featureFlagFile, problem, "create the folder, or name another file"))
        }
        switch FilePlace(settings.recorder.databasePath) {
        case .usable: break
        case .impossible(let problem):
            findings.append(unusable(.databasePath, problem, "name a file in a folder"))
        case .unusable(let problem), .missingFolder(let problem):
            // An outage of a disk looks like this, and takes no limiter down.
            findings.append(
                unusable(
                    .databasePath, problem + ": nothing is recorded until that changes",
                    "create the folder, let the service's user write there, or name another file", .warning))
        }
        return findings
    }

    private func unusable(
        _ setting: Setting, _ problem: String, _ remedy: String, _ severity: Finding.Severity = .error
    ) -> Finding {
        Finding(
            severity, .unusableFile, setting: setting.name, origin: reader.origin(of: setting), problem: problem,
            remedy: remedy)
    }
}

/// Whether a file can be opened or made at a path, as far as that shows without trying.
private enum FilePlace {
    case usable
    /// No state of the disk makes this right: the path itself is wrong.
    case impossible(String)
    case missingFolder(String)
    case unusable(String)

    init(_ path: String) {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        let files = FileManager.default
        var isDirectory: ObjCBool = false
        if files.fileExists(atPath: path, isDirectory: &isDirectory) {
            if isDirectory.boolValue {
                self = .impossible("\(QuotedText(path)) is a folder, not a file")
            } else {
                self = files.isReadableFile(atPath: path) ? .usable : .unusable("\(QuotedText(path)) cannot be read")
            }
        } else if !files.fileExists(atPath: folder, isDirectory: &isDirectory) {
            self = .missingFolder("the folder of \(QuotedText(path)) does not exist")
        } else if !isDirectory.boolValue {
            self = .impossible("the folder of \(QuotedText(path)) is a file")
        } else {
            self =
                files.isWritableFile(atPath: folder)
                ? .usable : .unusable("the folder of \(QuotedText(path)) cannot be written")
        }
    }
}
