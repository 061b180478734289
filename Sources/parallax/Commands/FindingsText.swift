import CommandSupport
import Foundation
import Settings

/// What is wrong with the settings, as text for a terminal.
struct FindingsText {
    /// What the settings are for.
    enum Subject {
        /// `parallax serve`, whether it is asked to start or the settings are only checked.
        case service
        /// Another command, and only the findings that concern it.
        case command
    }

    let findings: [Finding]
    var subject = Subject.service
    let style: TerminalStyle

    var text: String {
        guard !findings.isEmpty else { return "The settings are in order." }
        // What keeps a service from starting comes first.
        let bySeverity = findings.filter { $0.severity == .error } + findings.filter { $0.severity == .warning }
        return (bySeverity.map(line) + [summary]).joined(separator: "\n")
    }

    private func line(_ finding: Finding) -> String {
        let mark = finding.severity == .error ? style.red("error  ") : style.bold("warning")
        let origin = finding.origin == finding.setting ? "" : " (\(finding.origin.escapedForTerminal))"
        return """
            \(mark)  \(finding.setting.escapedForTerminal)\(origin) \(finding.problem.escapedForTerminal)
                     \(finding.remedy.escapedForTerminal)  [\(finding.kind.rawValue)]
            """
    }

    private var summary: String {
        let errors = findings.count { $0.severity == .error }
        let warnings = findings.count - errors
        let parts = [(errors, "error"), (warnings, "warning")].filter { $0.0 > 0 }
            .map { "\($0.0) \($0.1)\($0.0 == 1 ? "" : "s")" }
        return parts.joined(separator: ", ") + conclusion
    }

    /// What the findings mean for starting.
    private var conclusion: String {
        let errors = findings.filter { $0.severity == .error }
        guard !errors.isEmpty else { return "." }
        if subject == .command { return ": this command does not run with these settings." }
        return errors.contains { $0.kind != .unreachable }
            ? ": a service does not start with these settings."
            : ": a service starts with these settings, and the distributed limiter cannot decide."
    }
}

extension CommandFailure {
    /// The failure that findings with errors come to; `nil` without one.
    ///
    /// A wrong setting weighs more than a server that does not answer: with one, nothing is known about the other.
    init?(_ findings: [Finding]) {
        let errors = findings.filter { $0.severity == .error }
        guard let worst = errors.first(where: { $0.kind != .unreachable }) ?? errors.first else { return nil }
        self.init(
            worst.kind == .unreachable ? .unavailable : .configuration,
            worst.kind == .unreachable ? "Redis cannot decide" : "\(worst.setting) cannot be used")
    }
}

extension Settings {
    /// The settings for a command, if those that it uses are valid. What is wrong with them is printed.
    ///
    /// - Throws: ``CommandFailure`` with the exit code 78, if one of those settings is invalid or a file that may hold them
    ///   cannot be used.
    static func load(
        for use: SettingsUse, environment: [String: String] = ProcessInfo.processInfo.environment
    ) async throws -> Settings {
        let loaded = await load(environment: environment)
        let errors = loaded.errors(for: use)
        guard let failure = CommandFailure(errors) else { return loaded.settings }
        Terminal.note(
            FindingsText(findings: errors, subject: .command, style: .detect(descriptor: STDERR_FILENO)).text)
        throw failure
    }
}
