/// One setting: its one name everywhere (environment, YAML, messages), its type, its default, and what it is for.
package struct Setting: Equatable, Sendable {
    package enum Kind: Equatable, Sendable {
        case boolean
        case integer(ClosedRange<Int>)
        case decimal(ClosedRange<Double>)
        /// A number of seconds, fractions allowed.
        case seconds(ClosedRange<Double>)
        case text
        case choice([String])
        /// Texts, separated by commas in the environment, a list or a comma-separated text in YAML.
        case list
    }

    /// The heading under which a setting is documented.
    package enum Group: String, CaseIterable, Sendable {
        case instance = "Instance"
        case http = "HTTP"
        case flags = "Feature flags"
        case limits = "Limits"
        case redis = "Redis and the candidate"
        case legacy = "The legacy limiter"
        case comparison = "Comparing"
        case recorder = "Recording"
        case rollback = "Rollback"
        case gate = "The gate"
        case alerts = "Alerts"
    }

    package let name: String
    package let group: Group
    package let kind: Kind
    /// The default, as one would write it; empty if the setting is off or determined at the start.
    package let defaultValue: String
    /// One sentence for the operator.
    package let summary: String
    /// Whether its value must never be printed.
    package let isSecret: Bool

    package init(
        _ name: String, _ group: Group, _ kind: Kind, defaultValue: String, isSecret: Bool = false, _ summary: String
    ) {
        self.name = name
        self.group = group
        self.kind = kind
        self.defaultValue = defaultValue
        self.isSecret = isSecret
        self.summary = summary
    }
}

extension Setting.Kind: CustomStringConvertible {
    /// What a value must be, to stand after "must be".
    package var description: String {
        switch self {
        case .boolean: "true or false"
        case .integer(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .decimal(let range): "a number from \(Self.plain(range.lowerBound)) to \(Self.plain(range.upperBound))"
        case .seconds(let range):
            "a number of seconds from \(Self.plain(range.lowerBound)) to \(Self.plain(range.upperBound))"
        case .text: "a text"
        case .choice(let choices): "one of \(choices.joined(separator: ", "))"
        case .list: "a list"
        }
    }

    /// A number without a needless ".0".
    private static func plain(_ number: Double) -> String {
        number == number.rounded() && abs(number) < 1e15 ? String(Int(number)) : String(number)
    }
}

extension Setting {
    /// The settings of a group as rows of a table in Markdown: what `docs/configuration.md` must hold.
    package static func documentation(of group: Group) -> [String] {
        all.filter { $0.group == group }.map { setting in
            let defaultValue = setting.defaultValue.isEmpty ? "" : "`\(setting.defaultValue)`"
            return "| `\(setting.name)` | \(setting.kind) | \(defaultValue) | \(setting.summary) |"
        }
    }
}
