import Configuration
import ParallaxCore
import SystemPackage

/// Reads settings from sources in their order, the strongest first, and notes whatever is wrong instead of stopping.
struct SettingsReader {
    let sources: [SettingsSource]
    private(set) var findings: [Finding] = []

    init(sources: [SettingsSource]) {
        self.sources = sources
    }

    mutating func note(_ finding: Finding) {
        findings.append(finding)
    }

    /// Where a setting's value comes from: a source's name, or `default`.
    func origin(of setting: Setting) -> String {
        let source = sources.first { setting.kind == .list ? $0.list(setting) != nil : $0.text(setting) != nil }
        return source?.origin ?? "default"
    }

    /// A setting's text as it stands, unchecked; its default if no source says anything.
    func text(_ setting: Setting) -> String {
        first(setting)?.text ?? setting.defaultValue
    }

    /// A setting as it was written, a list's items one after the other.
    func written(_ setting: Setting) -> String {
        guard setting.kind == .list else { return text(setting) }
        return sources.lazy.compactMap { $0.list(setting) }.first?.joined(separator: ",") ?? setting.defaultValue
    }

    func optionalText(_ setting: Setting) -> String? {
        let text = text(setting)
        return text.isEmpty ? nil : text
    }

    mutating func boolean(_ setting: Setting) -> Bool {
        value(setting, Self.boolean)
    }

    /// What the environment itself says; `nil` if it says nothing, or nothing that can be understood.
    func pinned<Value>(_ setting: Setting, _ parse: (String) -> Value?) -> Value? {
        sources.first(where: \.isEnvironment)?.text(setting).flatMap(parse)
    }

    mutating func integer(_ setting: Setting) -> Int {
        guard case .integer(let range) = setting.kind else { preconditionFailure("\(setting.name) is not an integer") }
        return value(setting, range: range) { Int($0) }
    }

    /// A whole number of which 0 means none.
    mutating func bound(_ setting: Setting) -> Int? {
        let bound = integer(setting)
        return bound == 0 ? nil : bound
    }

    mutating func decimal(_ setting: Setting) -> Double {
        guard case .decimal(let range) = setting.kind else { preconditionFailure("\(setting.name) is not a number") }
        return value(setting, range: range, Self.number)
    }

    mutating func seconds(_ setting: Setting) -> Duration {
        guard case .seconds(let range) = setting.kind else { preconditionFailure("\(setting.name) is not a duration") }
        return .milliseconds(value(setting, range: range, Self.number) * 1000)
    }

    /// A duration for parts that count in whole seconds, rounded up.
    mutating func wholeSeconds(_ setting: Setting) -> Int {
        Int((seconds(setting) / .seconds(1)).rounded(.up))
    }

    mutating func choice<Choice: RawRepresentable<String>>(_ setting: Setting) -> Choice {
        value(setting) { Choice(rawValue: $0) }
    }

    /// A list's items, those left out that cannot be understood.
    mutating func list<Item>(_ setting: Setting, expecting: String, _ parse: (String) -> Item?) -> [Item] {
        guard let source = sources.first(where: { $0.list(setting) != nil }), let texts = source.list(setting) else {
            return []
        }
        return texts.compactMap { text in
            if let item = parse(text) { return item }
            note(
                Finding(
                    .error, .wrongType, setting: setting.name, origin: source.origin,
                    problem: "\(DisplayText.quoted(text)) is not \(expecting)", remedy: "correct it or remove it"))
            return nil
        }
    }
}

extension SettingsReader {
    /// `true` or `false`, also in the spellings that YAML and shell scripts use.
    static func boolean(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "true", "yes", "on", "1": true
        case "false", "no", "off", "0": false
        default: nil
        }
    }

    static func number(_ text: String) -> Double? {
        guard let number = Double(text), number.isFinite else { return nil }
        return number
    }

    private func first(_ setting: Setting) -> (text: String, origin: String)? {
        for source in sources {
            if let text = source.text(setting) { return (text, source.origin) }
        }
        return nil
    }

    private mutating func value<Value>(_ setting: Setting, _ parse: (String) -> Value?) -> Value {
        guard let found = first(setting) else { return Self.defaultValue(setting, parse) }
        guard let value = parse(found.text) else {
            note(wrong(.wrongType, setting, found))
            return Self.defaultValue(setting, parse)
        }
        return value
    }

    private mutating func value<Value: Comparable>(
        _ setting: Setting, range: ClosedRange<Value>, _ parse: (String) -> Value?
    ) -> Value {
        let value = value(setting, parse)
        guard range.contains(value) else {
            if let found = first(setting) { note(wrong(.outOfRange, setting, found)) }
            return Self.defaultValue(setting, parse)
        }
        return value
    }

    private static func defaultValue<Value>(_ setting: Setting, _ parse: (String) -> Value?) -> Value {
        guard let value = parse(setting.defaultValue) else {
            preconditionFailure("the default of \(setting.name) is not a value of its type")
        }
        return value
    }

    private func wrong(_ kind: Finding.Kind, _ setting: Setting, _ found: (text: String, origin: String)) -> Finding {
        let shown = setting.isSecret ? "a value that is not shown" : DisplayText.quoted(found.text)
        return Finding(
            .error, kind, setting: setting.name, origin: found.origin,
            problem: "is \(shown); it must be \(setting.kind)",
            remedy: "correct it, or remove it to get the default \(setting.defaultValue)")
    }
}

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
