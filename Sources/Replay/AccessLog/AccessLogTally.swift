/// What a log was found to hold so far.
package struct AccessLogTally: Equatable, Sendable {
    /// How many malformed lines are kept as examples.
    package static let maximumExamples = 5

    /// All lines: requests, malformed ones and blank ones.
    package var lines = 0
    package var requests = 0
    package var blank = 0
    /// Requests that were answered with 429: the limiter of the time refused them already.
    package var answered429 = 0
    package var malformed: [MalformedLine.Reason: Int] = [:]
    /// The first malformed lines.
    package var examples: [MalformedLine] = []

    package init() {}

    package var malformedCount: Int { malformed.values.reduce(0, +) }

    mutating func count(_ line: MalformedLine) {
        malformed[line.reason, default: 0] += 1
        if examples.count < AccessLogTally.maximumExamples { examples.append(line) }
    }
}
