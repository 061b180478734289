import CommandSupport
import Settings
import ArgumentParser
import Foundation
import Logging
import ParallaxCore
import ParallaxService
import ServiceLifecycle

/// `parallax serve`
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Answer rate-limit checks over HTTP, compare both limiters, and watch for a rollback.",
        discussion: """
            Settings come from these options, else from the environment, else from config/parallax.yaml and the file of the \
            environment, else they have defaults. A wrong setting keeps the service from starting; all of them are named \
            at once. SIGTERM or Ctrl-C ends it after it has answered and recorded what it has begun; SIGHUP lets it read the \
            settings again.

              parallax serve --embedded-redis
              REDIS_URL=redis://10.0.0.5:6379/0 HTTP_PORT=9000 parallax serve
            """)

    @Flag(
        name: .customLong("embedded-redis"),
        help:
            "Start a private redis-server of its own, without persistence (setting EMBEDDED_REDIS). Not in production.")
    var embeddedRedis = false

    @Option(help: "The address to listen on (setting HTTP_HOST).")
    var host: String?

    @Option(help: "The port to listen on; 0 takes any free one (setting HTTP_PORT).")
    var port: Int?

    @Flag(
        name: .customLong("exit-when-stdin-closes"),
        help: ArgumentHelp("End when standard input closes, and so with the parent process.", visibility: .hidden))
    var exitsWhenStandardInputCloses = false

    func run() async throws {
        Self.ignoreUnusedSignals()
        let loaded = await Settings.load(commandLine: commandLine)
        let style = TerminalStyle.detect(descriptor: STDERR_FILENO)
        if !loaded.findings.isEmpty { Terminal.note(FindingsText(findings: loaded.findings, style: style).text) }
        if let failure = CommandFailure(loaded.errors) { throw failure }
        LoggingSystem.bootstrap(StreamLogHandler.standardError)
        var logger = Logger(label: "parallax")
        logger.logLevel = loaded.settings.instance.logLevel
        let additionalServices: [any Service] = exitsWhenStandardInputCloses ? [StandardInputMonitor()] : []
        let app = try await App.build(
            loaded: loaded, logger: logger, additionalServices: additionalServices,
            reload: { [commandLine] in await Settings.load(commandLine: commandLine) }
        ) { info in
            Terminal.print(Self.text(info))
        }
        try await app.run()
    }

    /// Ignores the signals that mean nothing here, and would end the process with what it has not yet recorded.
    ///
    /// Those of a fault of the program (SIGABRT, SIGSEGV and the like), of a debugger and of SIGQUIT keep their effect, and
    /// SIGTERM and SIGINT are waited for. A file that reaches its limit of size fails the write in place of SIGXFSZ.
    private static func ignoreUnusedSignals() {
        // SIGHUP only until the service waits for it.
        let unused = [
            SIGHUP, SIGUSR1, SIGUSR2, SIGPIPE, SIGALRM, SIGVTALRM, SIGPROF, SIGIO, SIGPWR, SIGSTKFLT, SIGXFSZ,
        ]
        for number in unused { signal(number, SIG_IGN) }
        // The C library keeps the first two of the real-time signals for itself.
        for number in __libc_current_sigrtmin()...__libc_current_sigrtmax() { signal(number, SIG_IGN) }
    }

    /// The settings that the options set, by their names.
    private var commandLine: [String: String] {
        var settings: [String: String] = [:]
        if embeddedRedis { settings["EMBEDDED_REDIS"] = "true" }
        if let host { settings["HTTP_HOST"] = host }
        if let port { settings["HTTP_PORT"] = String(port) }
        return settings
    }

    private static func text(_ info: App.StartupInfo) -> String {
        """
        Parallax listens on \(info.url) (strategy \(info.strategy.rawValue), instance \
        \(info.instance.escapedForTerminal), Redis at \(info.redis.escapedForTerminal)).
        Try: curl -i \(info.url)/v1/check -d '{"organization":"acme","identifier":"alice"}'
        """
    }
}
