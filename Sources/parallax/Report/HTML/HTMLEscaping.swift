import CommandSupport

/// The one way by which text comes into a page.
enum HTMLEscaping {
    /// The text with everything that HTML or a reader could take for something else made visible: markup as entities,
    /// controls, NUL and marks that turn the direction of writing as `\u{..}`.
    static func escape(_ text: String) -> String {
        var escaped = ""
        for scalar in text.escapedForTerminal.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
