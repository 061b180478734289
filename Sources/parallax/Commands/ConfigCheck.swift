import Settings
import ArgumentParser
import Foundation
import Logging
import ParallaxCore
import RedisLimiting

/// `parallax config check`
struct ConfigCheck: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Report everything that is wrong with the settings.",
        discussion: """
            Checks what 'parallax serve' would use here: the environment, the YAML files and the defaults, whether the \
            flag file can be written, whether the database is one that it can use, whether the address can be listened \
            on, and whether Redis can decide: the limiter's script is run there once, on a key of its own. Also says \
            what the limits cost in Redis's memory. Exits with 78 if a setting is wrong, and with 69 if only Redis \
            does not answer.

              ENVIRONMENT=production parallax config check
            """)

    @Flag(help: "Do not connect to Redis.")
    var offline = false

    @Flag(help: "Print JSON with stable keys.")
    var json = false

    func run() async throws {
        var loaded = await Settings.load().checkingFlagFile().checkingDatabase().checkingAddress()
        loaded = loaded.checkingEmbeddedRedis(path: ProcessInfo.processInfo.environment["PATH"] ?? "")
        if !offline { loaded = await loaded.checkingRedis(RedisProbe.run) }
        let style = TerminalStyle.detect(descriptor: STDOUT_FILENO)
        Terminal.print(
            json
                ? try JSONText.make(loaded.findings)
                : FindingsText(findings: loaded.findings, style: style).text + "\n"
                    + LimitCostText(book: loaded.settings.limits.book).text)
        if let failure = CommandFailure(loaded.findings) { throw failure }
    }
}
