import Configuration
import SystemPackage

/// One place that settings come from, with the name by which messages call it.
struct SettingsSource: Sendable {
    /// `environment`, `command line`, or a file's path.
    let origin: String
    /// Whether this is the process's environment, whose flags can win over the flag file.
    let isEnvironment: Bool
    private let reader: ConfigReader

    private init(origin: String, isEnvironment: Bool, provider: some ConfigProvider) {
        self.origin = origin
        self.isEnvironment = isEnvironment
        reader = ConfigReader(provider: provider)
    }

    static func environment(_ variables: [String: String]) -> SettingsSource {
        let provider = EnvironmentVariablesProvider(environmentVariables: variables)
        return SettingsSource(origin: "environment", isEnvironment: true, provider: provider)
    }

    static func commandLine(_ values: [String: String]) -> SettingsSource {
        let provider = EnvironmentVariablesProvider(environmentVariables: values)
        return SettingsSource(origin: "command line", isEnvironment: false, provider: provider)
    }

    /// - Throws: Where the file vanished, or is not YAML that swift-configuration accepts.
    static func file(_ path: String) async throws -> SettingsSource {
        let provider = try await FileProvider<YAMLSnapshot>(filePath: FilePath(path))
        return SettingsSource(origin: path, isEnvironment: false, provider: provider)
    }

    /// The setting's text, without blanks and line ends around it: files made with `echo` or on Windows have them. `nil` if
    /// this source says nothing. An empty text says nothing.
    func text(_ setting: Setting) -> String? {
        guard
            let text = reader.string(forKey: ConfigKey([setting.name]), isSecret: setting.isSecret)?
                .trimmingBlanks()
        else { return nil }
        let isNull = text == "~" && !isEnvironment
        return text.isEmpty || isNull ? nil : text
    }

    /// The setting's list, its blank items left out; `nil` if this source says nothing. An empty text is an empty list.
    func list(_ setting: Setting) -> [String]? {
        let key = ConfigKey([setting.name])
        let items =
            reader.stringArray(forKey: key) ?? reader.string(forKey: key)?.split(separator: ",").map(String.init)
        return items?.map { $0.trimmingBlanks() }.filter { !$0.isEmpty }
    }
}

extension String {
    /// Without the spaces, tabs and line ends at both ends.
    func trimmingBlanks() -> String {
        // By scalars: a carriage return and a line feed are one character together.
        let isBlank: (Unicode.Scalar) -> Bool = { $0 == " " || $0 == "\t" || $0 == "\r" || $0 == "\n" }
        let scalars = unicodeScalars
        guard let first = scalars.firstIndex(where: { !isBlank($0) }),
            let last = scalars.lastIndex(where: { !isBlank($0) })
        else { return "" }
        return String(scalars[first...last])
    }
}
