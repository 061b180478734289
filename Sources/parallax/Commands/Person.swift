import Foundation

/// Who runs the command.
enum Person {
    /// The name of the user who logged in, not of the one that `sudo` made of them.
    static var current: String {
        let environment = ProcessInfo.processInfo.environment
        return ["SUDO_USER", "LOGNAME", "USER"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
            ?? NSUserName()
    }
}
