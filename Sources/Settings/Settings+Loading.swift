import Foundation
import ParallaxCore
import RedisLimiting

extension Settings {
    /// Reads the command line over the environment over the environment's file over the base file over the defaults,
    /// and checks all of it. Never throws: what is wrong is among the findings.
    ///
    /// - Parameters:
    ///   - environment: The process's environment.
    ///   - commandLine: Settings by name that options of the command set.
    ///   - hostName: What the default of `INSTANCE_ID` begins with.
    ///   - openFileLimit: The most files that the process may ask to have open.
    ///   - redisURLProblem: What is wrong with a Redis URL, without quoting it; `nil` if nothing is.
    package static func load(
        environment: [String: String] = ProcessInfo.processInfo.environment, commandLine: [String: String] = [:],
        hostName: String = HostName.current,
        redisURLProblem: @escaping @Sendable (String) -> String? = { RedisURL.problem(of: $0) },
        openFileLimit: Int = OpenFiles.hardLimit
    ) async -> LoadedSettings {
        var sources = [SettingsSource.commandLine(commandLine), .environment(environment)]
        var files = SettingsFiles(directory: directory(in: sources))
        await files.read("parallax.yaml")
        let base = SettingsReader(sources: sources + files.sources)
        if let name = DeploymentEnvironment(rawValue: base.text(.environment)) {
            await files.read("\(name.rawValue).yaml")
        }
        sources += files.sources
        var reader = SettingsReader(sources: sources)
        let settings = Settings(reading: &reader, hostName: hostName, overrides: files.organizations)
        let check = SettingsCheck(
            settings: settings, reader: reader, files: files.files, environment: environment, commandLine: commandLine,
            redisURLProblem: redisURLProblem, openFileLimit: openFileLimit)
        return LoadedSettings(
            settings: settings, findings: files.findings + reader.findings + check.findings(),
            origins: Dictionary(uniqueKeysWithValues: Setting.all.map { ($0.name, reader.origin(of: $0)) }),
            texts: Dictionary(uniqueKeysWithValues: Setting.all.map { ($0.name, SecretText(reader.written($0))) }))
    }

    private static func directory(in sources: [SettingsSource]) -> ConfigDirectory {
        let named = sources.lazy.compactMap { $0.text(.configDirectory) }.first
        return ConfigDirectory(path: named ?? Setting.configDirectory.defaultValue, isNamed: named != nil)
    }
}

/// The folder of configuration files, and whether someone asked for it by name.
struct ConfigDirectory {
    let path: String
    let isNamed: Bool
}

/// The configuration files read so far.
struct SettingsFiles {
    let directory: ConfigDirectory
    /// The strongest first.
    private(set) var sources: [SettingsSource] = []
    private(set) var files: [SettingsFile] = []
    private(set) var findings: [Finding] = []

    init(directory: ConfigDirectory) {
        self.directory = directory
        var isDirectory: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: directory.path, isDirectory: &isDirectory)
        if directory.isNamed, !exists || !isDirectory.boolValue {
            note(directory.path, "there is no such folder", "create it, or correct CONFIG_DIRECTORY")
        }
    }

    /// Reads a file over those read before; a missing one is as good as an empty one.
    mutating func read(_ name: String) async {
        let path = directory.path + "/" + name
        guard FileManager.default.fileExists(atPath: path) else { return }
        guard let content = try? RegularFile(path).content, let text = String(validating: content, as: UTF8.self)
        else { return note(path, "it cannot be read as UTF-8 text", "check the file and its permissions") }
        let file = SettingsFile(path: path, text: text)
        files.append(file)
        findings += file.findings
        if file.findings.contains(where: { $0.kind == .unusableFile }) || file.isEmpty { return }
        do {
            sources.insert(try await .file(path), at: 0)
        } catch {
            note(path, "its lists or maps are of a form that no setting has", "give each name one value or a flat list")
        }
    }

    /// The limits by organization of all files, a later file's over an earlier one's, window by window.
    var organizations: [OrganizationLimits] {
        var merged: [OrganizationLimits] = []
        for own in files.flatMap(\.organizations) {
            let same = merged.firstIndex { $0.organization.utf8.elementsEqual(own.organization.utf8) }
            guard let same else {
                merged.append(own)
                continue
            }
            let limits = merged[same].limits.merging(own.limits) { _, later in later }
            merged[same] = OrganizationLimits(organization: own.organization, limits: limits)
        }
        return merged
    }

    private mutating func note(_ path: String, _ problem: String, _ remedy: String) {
        findings.append(
            Finding(.error, .unusableFile, setting: path, origin: path, problem: problem, remedy: remedy))
    }
}

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
