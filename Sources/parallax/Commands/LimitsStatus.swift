import AdminAPI
import ArgumentParser
import CommandSupport
import Foundation
import ParallaxCore

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
