/// How often Redis has run a command, and what that took of its processor time.
struct CommandStatistics: Equatable, Sendable {
    let calls: Int
    let microsecondsPerCall: Double
    /// Calls that were refused before they ran, or failed in running.
    let failures: Int
}

extension CommandStatistics {
    /// Reads the line of one command from `INFO commandstats`.
    ///
    /// - Parameter command: In lower case, as Redis writes it.
    /// - Returns: `nil` if the command was not run since the statistics were reset, or the line is none.
    init?(of command: String, inInfo text: String) {
        let start = "cmdstat_\(command):"
        guard let line = text.split(whereSeparator: \.isNewline).first(where: { $0.hasPrefix(start) }) else {
            return nil
        }
        // cmdstat_get:calls=7,usec=49,usec_per_call=7.00,rejected_calls=0,failed_calls=0
        let pairs = line.dropFirst(start.count).split(separator: ",").map { $0.split(separator: "=") }
        func number(_ name: String) -> Double? {
            pairs.first { $0.count == 2 && $0[0] == name }.flatMap { Double($0[1]) }
        }
        guard let calls = number("calls"), let each = number("usec_per_call"), let failed = number("failed_calls"),
            let rejected = number("rejected_calls")
        else { return nil }
        self.calls = Int(calls)
        microsecondsPerCall = each
        failures = Int(failed + rejected)
    }
}
