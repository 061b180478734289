import CommandSupport
import ParallaxCore
import Replay

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
