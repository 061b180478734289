import CommandSupport
import ParallaxCore
import Simulation

/// What was replayed, as text for a terminal: the head above the report.
struct ReplayText {
    let outcome: ReplayOutcome
    let style: TerminalStyle

    var head: String {
        let plan = outcome.plan
        let seconds = max(0.001, outcome.elapsed / .seconds(1))
        let pace = NumberFormat.count(Int(Double(outcome.log.lines) / seconds))
        return
            ([
                style.bold(
                    "Replayed \(NumberFormat.count(outcome.judged)) requests through \(plan.simulation.instances) "
                        + "instance\(plan.simulation.instances == 1 ? "" : "s") "
                        + "(\(plan.simulation.balance.rawValue), \(plan.simulation.algorithm.rawValue)) "
                        + "and one shared limiter (\(plan.candidateName))"),
                "  limits: \(limits)",
                "  in \(NumberFormat.decimal(seconds, places: 1)) s, \(pace) lines a second",
            ] + LogTallyText(tally: outcome.log).lines + refused + order).joined(separator: "\n")
    }

    private var limits: String {
        outcome.plan.policy.windows.map {
            "\($0.name.escapedForTerminal) \(NumberFormat.count($0.limit)) in \(NumberFormat.exactSpan(milliseconds: $0.durationMilliseconds))"
        }.joined(separator: ", ")
    }

    private var refused: [String] {
        guard outcome.log.answered429 > 0 else { return [] }
        return [
            "\(NumberFormat.count(outcome.log.answered429)) of the requests were answered with 429 when they were made; "
                + "they are judged as all others"
        ]
    }

    private var order: [String] {
        let order = outcome.order
        guard order != ReorderTally() else { return ["All requests stood in the order of their times."] }
        let window = NumberFormat.exactSpan(milliseconds: outcome.plan.reorderMilliseconds)
        let counts =
            "\(NumberFormat.count(order.putInOrder)) requests stepped back in time and were put in order; "
            + "\(NumberFormat.count(order.tooLate)) by more than \(window), and were judged at the latest time seen"
        // One in a hundred, and the times of the rest are hardly what was.
        guard order.tooLate > outcome.judged / 100 else { return [counts] }
        return [
            counts,
            style.red("So many are too late that the forecast is doubtful:")
                + " join files oldest first, or raise --reorder.",
        ]
    }
}

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

/// What an access log was found to hold, as text for a terminal.
struct LogTallyText {
    let tally: AccessLogTally

    var lines: [String] {
        let counts =
            "The log had \(NumberFormat.count(tally.lines)) lines: \(NumberFormat.count(tally.requests)) requests, "
            + "\(NumberFormat.count(tally.malformedCount)) malformed, \(NumberFormat.count(tally.blank)) blank"
        return [counts]
            + tally.examples.map { line in
                "  line \(NumberFormat.count(line.number)): \(line.reason.rawValue): "
                    + line.beginning.escapedForTerminal.shortened(to: 80)
            }
    }
}
