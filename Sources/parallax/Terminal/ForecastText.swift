import CommandSupport
import ParallaxCore
import Replay

/// The forecast of a replay as text for a terminal.
struct ForecastText {
    let outcome: ReplayOutcome
    let style: TerminalStyle

    private var forecast: Forecast { outcome.forecast }

    var text: String {
        guard forecast.offered.requests > 0 else { return "There is nothing to forecast from." }
        return [volumes, clients, limits].filter { !$0.isEmpty }.map { $0.joined(separator: "\n") }
            .joined(separator: "\n\n")
    }

    private var volumes: [String] {
        var table = TextTable([.right, .right, .right, .right, .right, .right, .right])
        table.add(
            "instances", "let through", "", "newly refused", "", "newly let through", "clients newly refused")
        for fleet in forecast.fleets {
            table.add(
                NumberFormat.count(fleet.instances), NumberFormat.count(fleet.allowed.requests),
                share(fleet.allowed.requests),
                NumberFormat.count(fleet.newlyLimited.requests), share(fleet.newlyLimited.requests),
                NumberFormat.count(fleet.newlyAllowed.requests), NumberFormat.count(fleet.newlyLimitedClients))
        }
        table.add(
            "shared limit", NumberFormat.count(forecast.sharedAllowed.requests), share(forecast.sharedAllowed.requests))
        return [
            style.bold("Forecast: what fleets let through today, and what one shared limit would change"),
            "  of \(NumberFormat.count(forecast.offered.requests)) requests",
        ] + table.lines()
    }

    private func share(_ part: Int) -> String { NumberFormat.share(part, of: forecast.offered.requests) }

    /// Of the fleet that the report is about.
    private var clients: [String] {
        let size = outcome.plan.simulation.instances
        guard let fleet = forecast.fleets.first(where: { $0.instances == size }), !fleet.mostNewlyLimited.isEmpty
        else { return [] }
        var table = TextTable([.left, .right, .left])
        table.add("client", "429s", "from and to (UTC)")
        for client in fleet.mostNewlyLimited {
            table.add(
                client.identifier.escapedForTerminal.shortened(to: 45), NumberFormat.count(client.requests),
                "\(client.first.text) to \(client.last.text)")
        }
        let plural = size == 1 ? "" : "s"
        return [
            style.bold(
                "Who starts to get 429s that \(size) instance\(plural) do\(size == 1 ? "es" : "") not give today")
        ] + table.lines()
    }

    private var limits: [String] {
        let columns: [TextTable.Alignment] = Array(repeating: .right, count: forecast.fleets.count + 2)
        var table = TextTable([.left] + columns)
        table.addRow(["window", "", "limit now"] + forecast.fleets.map { "\($0.instances) inst." })
        for (place, window) in outcome.plan.policy.windows.enumerated() {
            table.addRow(
                [
                    window.name.escapedForTerminal, NumberFormat.exactSpan(milliseconds: window.durationMilliseconds),
                    NumberFormat.count(window.limit),
                ] + forecast.fleets.map { NumberFormat.count($0.limits[place].needed) })
        }
        return [
            style.bold("Limits that keep whole what each fleet lets through today"),
            "  the most that one client got through within the window; with less, the shared limit refuses some of it",
        ] + table.lines()
    }
}
