import AdminAPI
import ArgumentParser
import CommandSupport
import Foundation
import NIOCore
import ParallaxCore

/// `parallax limits`
struct Limits: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Ask a running instance about identities, or clear one.",
        discussion: """
            These go over the instance's admin routes, which are on where the service has a token file (the setting \
            ADMIN_TOKEN_FILE). The same file is read here.
            """,
        subcommands: [LimitsStatus.self, LimitsTop.self, LimitsReset.self])
}

/// `parallax limits status`
struct LimitsStatus: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show what is left of an identity's limits, on both sides.",
        discussion: """
            Looks without consuming.

              parallax limits status 203.0.113.7
              parallax limits status key-1 --organization acme --json
            """)

    @Argument(help: "The API key, user or client address.")
    var identifier: String

    @Option(help: "The identity's organization (default: global).")
    var organization: String?

    @Flag(help: "Print JSON with stable keys.")
    var json = false

    @OptionGroup var admin: AdminOptions

    func run() async throws {
        let status: LimitStatus = try await admin.makeClient(transport: AdminClient.overHTTP)
            .get("/v1/limits/status", query: [("organization", organization), ("identifier", identifier)])
        Terminal.print(json ? try JSONText.make(status) : status.text)
    }
}

extension LimitStatus {
    var text: String {
        var table = TextTable([.left, .left, .right, .right, .left])
        table.add("side", "window", "used", "left", "grows at (UTC)")
        for (name, side) in [("memory-legacy", memoryLegacy), ("redis-distributed", redisDistributed)] {
            add(name, side, to: &table)
        }
        return (["\(identifier.escapedForTerminal) of \(organization.escapedForTerminal)"] + table.lines())
            .joined(separator: "\n")
    }

    private func add(_ name: String, _ side: Side?, to table: inout TextTable) {
        guard let side else { return table.add(name, "not used by this strategy") }
        guard side.state == "known" else {
            return table.add(name, "\(side.state): \(side.reason ?? "")".escapedForTerminal)
        }
        for window in side.windows {
            table.add(
                name, window.name.escapedForTerminal, "\(window.used)/\(window.limit)", "\(window.remaining)",
                window.used == 0 ? "" : Timestamp(milliseconds: window.resetMs).text)
        }
    }
}

/// `parallax limits top`
struct LimitsTop: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "top", abstract: "List an organization's most refused identities.",
        discussion: """
            Counted by the instance that is asked, since its start or since 'parallax limits reset' last reset the identity. \
            Space is bounded: a count may hold a few refusals of others, and says at most how many.
            """)

    @Argument(help: "The organization (default: global).")
    var organization: String?

    @Option(help: "How many identities to list.")
    var limit = 10

    @Flag(help: "Print JSON with stable keys.")
    var json = false

    @OptionGroup var admin: AdminOptions

    func validate() throws {
        guard (1...1000).contains(limit) else { throw ValidationError("--limit must be from 1 to 1000.") }
    }

    func run() async throws {
        let top: MostRefusedAnswer = try await admin.makeClient(transport: AdminClient.overHTTP)
            .get("/v1/limits/top", query: [("organization", organization), ("limit", "\(limit)")])
        Terminal.print(json ? try JSONText.make(top) : top.text)
    }
}

extension MostRefusedAnswer {
    var text: String {
        guard !identities.isEmpty else {
            return
                "No identity of \(organization.escapedForTerminal) was refused by this instance since its start or the last "
                + "reset of its limits."
        }
        var table = TextTable([.left, .right, .left])
        table.add("identifier", "refused", "")
        for entry in identities {
            table.add(
                entry.identifier.escapedForTerminal.shortened(to: 60), NumberFormat.count(entry.refusals),
                entry.overestimate == 0 ? "" : "at most \(NumberFormat.count(entry.overestimate)) of them others'")
        }
        return table.lines(indent: 0).joined(separator: "\n")
    }
}

/// `parallax limits reset`
struct LimitsReset: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reset",
        abstract:
            "Forget what one identity, an organization or all identities have used, in Redis and in the instances' memory.",
        discussion: """
            The instance that is asked clears Redis and its own memory, and tells the others through Redis. Exits with 69 \
            if Redis could not be asked.

              parallax limits reset key-1 --organization acme     one identity
              parallax limits reset --organization acme --all     every identity of acme
              parallax limits reset --all                         every identity of this deployment
            """)

    @Argument(help: "The API key, user or client address.")
    var identifier: String?

    @Option(help: "The organization (default: global for one identity).")
    var organization: String?

    @Flag(help: "Every identity: of --organization, or of all organizations without it.")
    var all = false

    @Flag(help: "Print JSON with stable keys.")
    var json = false

    @OptionGroup var admin: AdminOptions

    func validate() throws {
        guard (identifier != nil) != all else {
            throw ValidationError("Name one identity, or give --all with or without --organization.")
        }
    }

    func run() async throws {
        // Going through millions of keys takes a while.
        let client = try await admin.makeClient(
            transport: AdminClient.overHTTP(timeout: all ? .minutes(5) : .seconds(10)))
        let body = ResetRequest(organization: organization, identifier: identifier, all: all ? true : nil)
        if all {
            try finish(try await client.post("/v1/limits/reset", body: body) as ResetAllAnswer)
        } else {
            try finish(try await client.post("/v1/limits/reset", body: body) as ResetAnswer)
        }
    }

    private func finish(_ answer: some ClearedAnswer) throws {
        Terminal.print(json ? try JSONText.make(answer) : answer.text)
        guard !answer.isCleared else { return }
        throw CommandFailure(
            .unavailable, "Redis still holds what was used: \(answer.problem ?? "it was not asked")",
            remedy: "Look at the instance's /health, and reset again.")
    }
}

/// An answer of `POST /v1/limits/reset`.
private protocol ClearedAnswer: Codable {
    /// Whether Redis was cleared.
    var isCleared: Bool { get }
    var problem: String? { get }
    var text: String { get }
}

extension ResetAnswer: ClearedAnswer {
    fileprivate var isCleared: Bool { redis != nil }

    var text: String {
        func told(_ held: Bool) -> String { held ? "cleared" : "held nothing" }
        return "memory  \(told(memory))" + (redis.map { "\nRedis   \(told($0))" } ?? "")
    }
}

extension ResetAllAnswer: ClearedAnswer {
    fileprivate var isCleared: Bool { redisIdentities != nil }

    var text: String {
        func told(_ count: Int) -> String { "\(count) \(count == 1 ? "identity" : "identities") cleared" }
        return "memory  \(told(memoryIdentities))" + (redisIdentities.map { "\nRedis   \(told($0))" } ?? "")
    }
}
