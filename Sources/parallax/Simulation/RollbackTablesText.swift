import CommandSupport
import ParallaxCore
import Simulation

/// The watchdog's figures as text, each next to its bar.
struct RollbackTablesText {
    let tables: RollbackTables
    let extent: RollbackTables.Extent

    static func head(_ extent: RollbackTables.Extent, _ settings: RollbackSettings) -> String {
        "Seed \(extent.seed). \(RollbackSettingsText.text(settings))"
    }

    func text(of part: RollbackTables.Part) -> String {
        switch part {
        case .falseRollbacks: falseRollbacks
        case .errors: errors
        case .redisDown: redisDown
        case .crashLoops: crashLoops
        case .rareOutages: rareOutages
        case .unchangedLatency: unchangedLatency
        case .latency: latency
        }
    }

    /// How many bars are met, and which are not.
    var summary: String {
        let verdicts = tables.verdicts
        let counts = [StudyVerdict.met, .missed, .undecided].map { verdict in
            "\(verdicts.count { $0 == verdict }) \(verdict.rawValue)"
        }
        return "Of \(verdicts.count) figures with a bar: \(counts.joined(separator: ", "))."
    }

    private var falseRollbacks: String {
        var table = TextTable([.right] + RollbackTables.errorPercents.map { _ in .left })
        table.addRow(
            ["requests/s"]
                + RollbackTables.errorPercents.map { "\(NumberFormat.plain($0)) % errors" })
        for rate in RollbackTables.rates {
            let cells = tables.falseRollbacks.filter { $0.service.requestsPerSecond == rate }
            table.addRow([NumberFormat.plain(rate)] + cells.map(Self.cell))
        }
        return """
            False rollbacks a day by errors, in \(NumberFormat.count(extent.days)) days each; in brackets the most that these \
            days do not contradict (95 %).
            Bar: below 0.01 at 2 requests/s and above, up to 3 % errors.
            \(table.lines().joined(separator: "\n"))
            """
    }

    private var errors: String {
        var table = TextTable([.right, .right] + Self.detectionAlignments)
        table.addRow(["requests/s", "errors"] + Self.detectionHead)
        for detection in tables.errors {
            table.addRow(
                [
                    NumberFormat.plain(detection.service.requestsPerSecond),
                    "\(NumberFormat.plain(detection.condition.errorPercent ?? 0)) %",
                ] + Self.cells(detection))
        }
        return """
            Time to roll back by errors, of \(NumberFormat.count(extent.runs)) faults each, in a service that has run well (0.1 % \
            errors) until then.
            \(table.lines().joined(separator: "\n"))
            """
    }

    private var redisDown: String {
        var table = TextTable([.right] + Self.detectionAlignments)
        table.addRow(["probes that succeed"] + Self.detectionHead)
        for detection in tables.redisDown {
            table.addRow(
                ["\(NumberFormat.plain(detection.condition.redisSuccessPercent)) %"] + Self.cells(detection))
        }
        return """
            Time to roll back when Redis is down or browned out, at 10 requests/s that fare as its probes do.
            \(table.lines().joined(separator: "\n"))
            """
    }

    private var crashLoops: String {
        var table = TextTable([.right, .right] + Self.detectionAlignments)
        table.addRow(["down for", "up for"] + Self.detectionHead)
        for detection in tables.crashLoops {
            guard let loop = detection.loop else { continue }
            table.addRow(["\(loop.downSeconds) s", "\(loop.upSeconds) s"] + Self.cells(detection))
        }
        return """
            Time to roll back when Redis goes down again and again, at 10 requests/s.
            \(table.lines().joined(separator: "\n"))
            """
    }

    private var rareOutages: String {
        var table = TextTable([.right, .right, .left])
        table.add("down for", "up for", "rollbacks a day")
        for cell in tables.rareOutages {
            guard let loop = cell.loop else { continue }
            table.add("\(loop.downSeconds) s", "\(loop.upSeconds) s", Self.cell(cell))
        }
        return """
            Rollbacks a day by outages that are short and rare enough, in \(NumberFormat.count(extent.latencyDays)) days each. \
            Bar: no rollback.
            \(table.lines().joined(separator: "\n"))
            """
    }

    private var unchangedLatency: String {
        var table = TextTable([.left, .right, .right, .left])
        table.add("response times", "daily swing", "slower by", "false rollbacks a day")
        for cell in tables.unchangedLatency {
            table.add(
                Self.shape(cell.service.latency), "\(NumberFormat.plain(cell.service.latencySwing * 100)) %",
                Self.factor(cell.condition), Self.cell(cell))
        }
        return """
            False rollbacks a day by response times at 5 requests/s, in \(NumberFormat.count(extent.latencyDays)) days each. \
            The trigger asks for more than 2 x.
            Bar: no rollback if nothing is slower.
            \(table.lines().joined(separator: "\n"))
            """
    }

    private var latency: String {
        var table = TextTable([.left, .right] + Self.detectionAlignments)
        table.addRow(["response times", "slower by"] + Self.detectionHead)
        for detection in tables.latency {
            table.addRow(
                [Self.shape(detection.service.latency), Self.factor(detection.condition)] + Self.cells(detection))
        }
        return """
            Time to roll back by response times, at 5 requests/s.
            \(table.lines().joined(separator: "\n"))
            """
    }
}

extension RollbackTablesText {
    private static let detectionAlignments: [TextTable.Alignment] = [.right, .right, .right, .left, .right, .left]
    private static let detectionHead = ["median", "95 %", "within 1 h", "by", "bar", ""]

    private static func cells(_ detection: Detection) -> [String] {
        let triggers = Trigger.allCases.filter { detection.triggers[$0] != nil }.map { trigger in
            let count = detection.triggers[trigger] ?? 0
            return detection.triggers.count == 1
                ? trigger.rawValue : "\(trigger.rawValue) \(NumberFormat.share(count, of: detection.delays.count))"
        }
        return [
            seconds(detection.medianSeconds), seconds(detection.p95Seconds),
            NumberFormat.share(detection.delays.count, of: detection.runs), triggers.joined(separator: ", "),
            detection.barSeconds.map { "\($0) s" } ?? "", detection.verdict?.rawValue ?? "",
        ]
    }

    private static func seconds(_ seconds: Int?) -> String { seconds.map { "\($0) s" } ?? "-" }

    /// `0 (0.0075) met`
    private static func cell(_ cell: FalseRollbacks) -> String {
        let rate = cell.rollbacks == 0 ? "0" : perDay(cell.perDay)
        let parts = [rate, "(\(perDay(cell.upperPerDay)))", cell.verdict?.rawValue ?? ""]
        return parts.filter { !$0.isEmpty }.joined(separator: " ")
    }

    private static func perDay(_ number: Double) -> String {
        NumberFormat.decimal(number, places: number < 0.1 ? 4 : number < 10 ? 2 : 0)
    }

    private static func factor(_ condition: CandidateCondition) -> String {
        condition.latencyFactor == 1 ? "-" : "\(NumberFormat.plain(condition.latencyFactor)) x"
    }

    private static func shape(_ shape: LatencyShape?) -> String {
        guard let shape else { return "" }
        let body = "log-normal, spread \(NumberFormat.plain(shape.spread))"
        guard shape.tailShare > 0 else { return body }
        return body
            + ", \(NumberFormat.plain(shape.tailShare * 100)) % Pareto \(NumberFormat.plain(shape.tailExponent))"
    }
}
