extension Setting {
    /// The settings of a group as rows of a table in Markdown: what `docs/configuration.md` must hold.
    package static func documentation(of group: Group) -> [String] {
        all.filter { $0.group == group }.map { setting in
            let standard = setting.standard.isEmpty ? "" : "`\(setting.standard)`"
            return "| `\(setting.name)` | \(setting.kind) | \(standard) | \(setting.summary) |"
        }
    }
}
