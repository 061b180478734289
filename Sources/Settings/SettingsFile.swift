import ParallaxCore
import Yams

/// The outline of a YAML file: which settings it names, what is wrong with its form, and its organizations.
///
/// swift-configuration gives values by key, but cannot list keys, and joins nested keys with dots. An organization's
/// name can hold any character, dots too, so this section is read from the YAML nodes.
struct SettingsFile {
    /// The key of the section with limits by organization.
    static let organizationsKey = "organizations"

    let path: String
    /// The settings' names that the file holds, also unknown ones.
    private(set) var names: [String] = []
    private(set) var organizations: [OrganizationLimits] = []
    private(set) var findings: [Finding] = []
    /// Whether the file holds nothing but comments.
    private(set) var isEmpty = true

    /// Reads a file's text.
    init(path: String, text: String) {
        self.path = path
        do {
            guard let root = try Yams.compose(yaml: text) else { return }
            guard let mapping = root.mapping else {
                // A file of nothing but comments composes to an empty scalar in some versions.
                if root.scalar?.string.isEmpty != true { noteForm("the file must be a map of names and values") }
                return
            }
            isEmpty = false
            for (key, value) in mapping { read(key: key, value: value) }
        } catch {
            noteForm(Self.describe(error))
        }
    }

    private mutating func read(key: Node, value: Node) {
        guard let name = key.scalar?.string else { return noteForm("a name must be a plain text") }
        if name == Self.organizationsKey { return readOrganizations(value) }
        names.append(name)
        guard let setting = Setting.byName[name] else { return }
        let isList = value.sequence.map { $0.allSatisfy { $0.scalar != nil } } ?? false
        guard value.scalar != nil || (setting.kind == .list && isList) else {
            return note(
                .wrongType, name, "is a list or a map; it must be \(setting.kind)", "write one value after the colon")
        }
    }

    private mutating func readOrganizations(_ value: Node) {
        if value.scalar?.string.isEmpty == true { return }
        guard let organizations = value.mapping else {
            return note(
                .wrongType, Self.organizationsKey, "must be a map from organization to limits",
                "write it as \"name\": {minute: 100}")
        }
        for (key, limits) in organizations { readOrganization(key, limits) }
    }

    private mutating func readOrganization(_ key: Node, _ value: Node) {
        guard let name = key.scalar?.string, (1...Identity.maximumBytes).contains(name.utf8.count) else {
            return note(
                .wrongType, Self.organizationsKey,
                "an organization's name must be a text of 1 to \(Identity.maximumBytes) bytes", "correct the name")
        }
        let place = "\(Self.organizationsKey).\(DisplayText.quoted(name))"
        guard let mapping = value.mapping else {
            return note(.wrongType, place, "must be a map from window to limit", "write it as {minute: 100}")
        }
        var limits: [String: Int] = [:]
        for (window, limit) in mapping {
            let windowName = window.scalar?.string ?? ""
            guard OrganizationLimits.windowNames.contains(windowName) else {
                let windows = OrganizationLimits.windowNames.joined(separator: ", ")
                note(
                    .unknownKey, place, "has no window \(DisplayText.quoted(windowName))", "the windows are \(windows)")
                continue
            }
            guard let text = limit.scalar?.string, let number = Int(text) else {
                note(.wrongType, place, "the limit of \(windowName) is not a whole number", "write a whole number")
                continue
            }
            guard (1...Policy.maximumLimit).contains(number) else {
                note(
                    .outOfRange, place, "the limit of \(windowName) is \(number)",
                    "it must be from 1 to \(Policy.maximumLimit)")
                continue
            }
            limits[windowName] = number
        }
        organizations.append(OrganizationLimits(organization: name, limits: limits))
    }

    private mutating func noteForm(_ problem: String) {
        findings.append(
            Finding(
                .error, .unusableFile, setting: path, origin: path, problem: problem,
                remedy: "correct the file's YAML"))
    }

    private mutating func note(_ kind: Finding.Kind, _ setting: String, _ problem: String, _ remedy: String) {
        findings.append(
            Finding(.error, kind, setting: setting, origin: path, problem: problem, remedy: remedy))
    }

    /// What the parser says, without the lines of the file that it would quote: they may hold a secret.
    private static func describe(_ error: any Error) -> String {
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            "line \(mark.line): \(problem)"
        case .duplicatedKeysInMapping(let names, let context):
            "line \(context.mark.line): named twice: \(names.map { DisplayText.quoted($0) }.joined(separator: ", "))"
        default: "it is not valid YAML in UTF-8"
        }
    }
}
