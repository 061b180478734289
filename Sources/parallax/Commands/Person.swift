import ArgumentParser
import FeatureFlags
import Foundation
import ParallaxCore

/// Who runs the command.
enum Person {
    /// The name of the user who logged in, not of the one that `sudo` made of them.
    static var current: String { name(in: ProcessInfo.processInfo.environment, account: NSUserName()) }

    /// The name of the user by an environment and the account of the process.
    ///
    /// The account that the service runs as, such as `parallax`, is told apart from the service itself, which does not end a
    /// hold with what it writes.
    static func name(in environment: [String: String], account: String) -> String {
        let name =
            ["SUDO_USER", "LOGNAME", "USER"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty } ?? account
        return FlagDeclaration.isOwnName(name) ? "user \(name)" : name
    }

    /// Checks what is kept with a change.
    ///
    /// - Throws: `ValidationError` naming the option that is empty, too long or not one line of text, or a name that is the
    ///   service's own.
    static func validate(by: String, reason: String, reasonOption: String = "--reason") throws {
        for (option, text) in [("--by", by), (reasonOption, reason)] {
            guard let problem = OneLineText.problem(in: text) else { continue }
            throw ValidationError(problem.description(of: "value of \(option)") + ".")
        }
        // As it will stand in the file.
        let declaration = FlagDeclaration(by: by, reason: reason, changedAt: "")
        guard declaration.isByPerson else {
            throw ValidationError(
                "The value of --by is \"\(declaration.by)\", a name under which the service itself writes: "
                    + "give another that says who you are.")
        }
    }
}
