import CommandSupport
import Settings
import ArgumentParser
import Foundation
import ParallaxCore

/// The root of the command.
@main
struct Parallax: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "parallax",
        abstract:
            "Runs a rate limiter's migration from each instance's memory to one Redis, and shows where the two differ.",
        discussion: """
            Both limiters judge every request, one verdict is enforced, every disagreement is recorded and explained, and a \
            watchdog rolls back to the old limiter if the new one fails or slows callers.

            Begin with:
              parallax serve --embedded-redis   a service to try, with a private Redis
              parallax demo                     two under traffic, and the report
              parallax replay access.log        what would change, from a log and before anything is deployed
              parallax report                   what this instance recorded
              parallax config check             all that is wrong with the settings
              parallax health                   whether the service of this machine is well

            Settings come from the environment, else from config/parallax.yaml, else they have defaults.

            Exit codes:
              0   done
              1   something else went wrong
              2   the gate of 'report --gate' or 'promote' says wait; 'health': degraded
              3   that gate says no-go; 'health': unhealthy
              64  the command line is wrong
              65  a file has invalid content
              66  a file is missing
              69  the service or Redis does not answer
              77  the admin token is missing or wrong, or a file may not be read or written
              78  a setting is wrong
              130 interrupted
            """,
        version: BuildInfo.version,
        subcommands: [
            Serve.self, Report.self, Divergences.self, Health.self, ReplayLog.self, Promote.self, Flags.self,
            Rollbacks.self,
            Limits.self,
            Config.self, Migrate.self, DatabaseCommands.self, Demo.self,
        ]
    )

    /// Parses, runs, and turns what went wrong into a message and an exit code.
    static func main() async {
        do {
            var command = try await asyncParseAsRoot(arguments)
            if var asyncCommand = command as? any AsyncParsableCommand {
                try await asyncCommand.run()
            } else {
                try command.run()
            }
        } catch {
            guard let failure = CommandFailure(explaining: error) else { exit(showing: error) }
            Terminal.note("parallax: \(DisplayText.lines(failure.description))")
            exit(withError: failure.exitCode)
        }
    }

    /// The words after the command's name. Swift's runtime does not find them if a library such as libfaketime is
    /// loaded before it; the kernel has them all the same.
    private static var arguments: [String] {
        guard CommandLine.arguments.count <= 1,
            let file = FileHandle(forReadingAtPath: "/proc/self/cmdline"), let data = try? file.readToEnd()
        else { return Array(CommandLine.arguments.dropFirst()) }
        return data.split(separator: 0, omittingEmptySubsequences: false).dropFirst().dropLast()
            .map { String(decoding: $0, as: UTF8.self) }
    }

    /// Ends with ArgumentParser's own message. It quotes arguments, which may hold anything.
    private static func exit(showing error: any Error) -> Never {
        let code = exitCode(for: error)
        let message = DisplayText.lines(fullMessage(for: error))
        if !message.isEmpty { code.isSuccess ? Terminal.print(message) : Terminal.note(message) }
        exit(withError: code)
    }
}
