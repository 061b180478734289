import ArgumentParser
import CommandSupport
import Foundation
import Logging
import ParallaxCore
import RedisLimiting
import Settings

/// `parallax config`
struct Config: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check the settings.", subcommands: [ConfigCheck.self])
}

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

extension ConfigCheck {
    /// Tries once to decide in the Redis of the settings.
    enum RedisProbe {
        /// What happened on trying, without secrets.
        ///
        /// The script itself is run: a Redis that answers PING may still refuse writes, or the user the right to run
        /// it.
        static func run(_ settings: Settings) async -> RedisCheck {
            do {
                let limiter = try RedisLimiter(
                    settings: settings.redisSettings(at: settings.redisURL()),
                    logger: Logger(label: "parallax.check", factory: { _ in SwiftLogNoOpLogHandler() }))
                let connection = Task { await limiter.run() }
                defer { connection.cancel() }
                if case .failure(let error) = await limiter.probe(timeout: settings.redis.connectionTimeout) {
                    return RedisCheck(error: error)
                }
                return RedisCheck(warnings: await warnings(of: limiter, timeout: settings.redis.connectionTimeout))
            } catch let error as RedisError {
                return RedisCheck(error: error)
            } catch {
                return RedisCheck(error: RedisError(.configuration, "\(error)"))
            }
        }

        private static func warnings(of limiter: RedisLimiter, timeout: Duration) async -> [ServerConcern] {
            let problem = await limiter.subscriptionProblem(timeout: timeout)
            // A user without the right to INFO decides as well as any other.
            let concerns = (try? await limiter.survey(timeout: timeout)) ?? []
            let resets = problem.map { [ServerConcern.noResets(problem: "\($0)")] } ?? []
            return resets + concerns.sorted { $0.problem < $1.problem }
        }
    }
}

/// What callers at their limits take of Redis's memory, as text for a terminal: the default limits and the costliest
/// organizations.
struct LimitCostText {
    private static let callers = 10_000
    private static let maximumOrganizations = 10

    let book: PolicyBook

    var text: String {
        let costly = book.exceptions.map { (name: $0.organization, cost: LogFootprint($0.policy)) }
            .sorted { $0.cost.bytes > $1.cost.bytes }
        let more = costly.count - Self.maximumOrganizations
        return
            (["Redis's memory, at most about, for callers that are at their limit:"]
            + [line("default", LogFootprint(book.defaultValue))]
            + costly.prefix(Self.maximumOrganizations).map { line($0.name.escapedForTerminal, $0.cost) }
            + (more > 0 ? ["  and \(more) organizations that cost less"] : [])).joined(separator: "\n")
    }

    private func line(_ name: String, _ cost: LogFootprint) -> String {
        "  \(name): \(NumberFormat.count(cost.units)) units, \(Self.size(cost.bytes)) each, "
            + "\(Self.size(cost.bytes * Self.callers)) for \(NumberFormat.count(Self.callers)) callers"
    }

    private static func size(_ bytes: Int) -> String {
        switch bytes {
        case ..<1_000_000: NumberFormat.decimal(Double(bytes) / 1e3, places: 1) + " KB"
        case ..<1_000_000_000: NumberFormat.decimal(Double(bytes) / 1e6, places: 1) + " MB"
        default: NumberFormat.decimal(Double(bytes) / 1e9, places: 1) + " GB"
        }
    }
}
