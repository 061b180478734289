package import ArgumentParser

/// Why a command could not do what it was asked: what is at fault, what to do, and the exit code that says it to programs.
package struct CommandFailure: Error, Equatable, CustomStringConvertible {
    /// The meanings of sysexits.h, as far as the command uses them. The numbers never change: scripts rely on them.
    package enum Status: Int32, CaseIterable, Sendable {
        /// Something else went wrong.
        case failure = 1
        /// The command line is wrong; ArgumentParser's own.
        case usage = 64
        /// A file holds something else than it should.
        case badData = 65
        /// A file that should be there is not.
        case noInput = 66
        /// A service or Redis does not answer.
        case unavailable = 69
        /// Permission was refused: the admin token is missing or wrong, or a file may not be read or written.
        case notPermitted = 77
        /// A setting is wrong.
        case configuration = 78
    }

    package let status: Status
    /// What happened, naming the setting, file or address at fault.
    package let message: String
    /// What to do about it.
    package let remedy: String?

    package init(_ status: Status, _ message: String, remedy: String? = nil) {
        self.status = status
        self.message = message
        self.remedy = remedy
    }

    package var exitCode: ExitCode { ExitCode(status.rawValue) }

    package var description: String {
        remedy.map { "\(message)\n  \($0)" } ?? message
    }
}
