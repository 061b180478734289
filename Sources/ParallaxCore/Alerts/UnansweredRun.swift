/// The answers in a row, up to the latest, that had no verdict: with few requests the only sign that all of them fail.
package struct UnansweredRun: Equatable, Sendable {
    /// From as many on all requests count as failing. A single time-out is not an outage.
    package static let minimum = 5
    /// How long the latest answer says something about now.
    private static let lifeMilliseconds: Int64 = 60_000

    private var count = 0
    private var latest: ClockReading?

    package init() {}

    /// Takes in the answers of the last second.
    package mutating func add(_ counts: AlertCounts, at now: ClockReading) {
        guard counts.answers > 0 else { return }
        count = counts.verdicts > 0 ? 0 : count + counts.unavailable
        latest = now
    }

    /// How many there are; `nil` if they are too few, or the latest is older than a minute.
    package func length(at now: ClockReading) -> Int? {
        guard count >= UnansweredRun.minimum, let latest,
            now.steadyMilliseconds - latest.steadyMilliseconds <= UnansweredRun.lifeMilliseconds
        else { return nil }
        return count
    }
}
