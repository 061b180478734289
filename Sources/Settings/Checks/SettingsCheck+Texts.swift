import ParallaxCore

extension SettingsCheck {
    /// Texts that would show as something else: settings are named in logs, lists, reports and the terminal.
    func texts() -> [Finding] {
        Setting.all.compactMap { setting in
            guard setting.kind == .text || setting.kind == .list else { return nil }
            let text = reader.written(setting)
            if let scalar = text.unicodeScalars.first(where: OneLineText.isControl) {
                let code = String(scalar.value, radix: 16, uppercase: true)
                let name = String(repeating: "0", count: max(0, 4 - code.count)) + code
                return finding(
                    .error, .wrongType, setting, "holds the control or format character U+\(name)",
                    "write it on one line, without characters that cannot be seen")
            }
            guard setting == .instanceID, text.utf8.count > OneLineText.maximumBytes else { return nil }
            return finding(
                .error, .outOfRange, setting, "has \(text.utf8.count) bytes",
                "shorten it to \(OneLineText.maximumBytes) bytes or fewer: it is written with every record")
        }
    }
}
