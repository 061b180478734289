import ArgumentParser
import Foundation
import ParallaxCore

/// Who runs the command.
enum Person {
    /// The name of the user who logged in, not of the one that `sudo` made of them.
    static var current: String {
        let environment = ProcessInfo.processInfo.environment
        return ["SUDO_USER", "LOGNAME", "USER"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
            ?? NSUserName()
    }

    /// Checks what is kept with a change.
    ///
    /// - Throws: `ValidationError` naming the option that is empty, too long or not one line of text.
    static func validate(by: String, reason: String, reasonOption: String = "--reason") throws {
        for (option, text) in [("--by", by), (reasonOption, reason)] {
            guard let problem = OneLineText.problem(in: text) else { continue }
            throw ValidationError(problem.description(of: "value of \(option)") + ".")
        }
    }
}
