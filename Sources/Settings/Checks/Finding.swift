/// One thing that is wrong with a configuration: which setting, where it came from, what is wrong, and what to do.
package struct Finding: Equatable, Codable, Sendable {
    package enum Severity: String, Codable, Sendable {
        /// The service does not start.
        case error
        /// The service starts, but hardly as meant.
        case warning
    }

    /// What sort of mistake it is. The raw values are shown: they never change.
    package enum Kind: String, CaseIterable, Codable, Sendable {
        case wrongType = "wrong_type"
        case outOfRange = "out_of_range"
        case impossibleCombination = "impossible_combination"
        case unknownKey = "unknown_key"
        /// A file that is named or needed and cannot be read or used.
        case unusableFile = "unusable_file"
        /// A value that can never have an effect.
        case noEffect = "no_effect"
        /// The address to listen on cannot be listened on.
        case unusableAddress = "unusable_address"
        /// Possible, but dangerous.
        case risk
        /// Redis does not answer: the configuration may be right, and the server down.
        case unreachable
    }

    package let severity: Severity
    package let kind: Kind
    /// The setting's name, or the file's.
    package let setting: String
    /// Where the value came from: `environment`, `command line`, a file's path, or `default`.
    package let origin: String
    package let problem: String
    package let remedy: String

    package init(
        _ severity: Severity, _ kind: Kind, setting: String, origin: String, problem: String, remedy: String
    ) {
        self.severity = severity
        self.kind = kind
        self.setting = setting
        self.origin = origin
        self.problem = problem
        self.remedy = remedy
    }
}

extension Finding: CustomStringConvertible {
    package var description: String {
        "\(severity.rawValue) [\(kind.rawValue)] \(setting) (\(origin)): \(problem); \(remedy)"
    }
}
