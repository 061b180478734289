import CommandSupport
import Replay

/// What an access log was found to hold, as text for a terminal.
struct LogTallyText {
    let tally: AccessLogTally

    var lines: [String] {
        let counts =
            "The log had \(Figures.count(tally.lines)) lines: \(Figures.count(tally.requests)) requests, "
            + "\(Figures.count(tally.malformedCount)) malformed, \(Figures.count(tally.blank)) blank"
        return [counts]
            + tally.examples.map { line in
                "  line \(Figures.count(line.number)): \(line.reason.rawValue): "
                    + line.beginning.escapedForTerminal.shortened(to: 80)
            }
    }
}
