import CommandSupport
import Settings
import Foundation

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
