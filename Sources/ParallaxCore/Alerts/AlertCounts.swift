/// What alerts count.
package struct AlertCounts: Equatable, SecondTally {
    package var allowed = 0
    package var limited = 0
    /// Answers that had no verdict: no refusal by a limit, so they are in no share.
    package var unavailable = 0
    package var connectionFailures = 0

    package init() {}

    package init(allowed: Int, limited: Int, unavailable: Int, connectionFailures: Int) {
        self.allowed = allowed
        self.limited = limited
        self.unavailable = unavailable
        self.connectionFailures = connectionFailures
    }

    package var verdicts: Int { allowed + limited }
    package var answers: Int { verdicts + unavailable }

    package mutating func add(_ other: AlertCounts) {
        allowed += other.allowed
        limited += other.limited
        unavailable += other.unavailable
        connectionFailures += other.connectionFailures
    }

    package mutating func subtract(_ other: AlertCounts) {
        allowed -= other.allowed
        limited -= other.limited
        unavailable -= other.unavailable
        connectionFailures -= other.connectionFailures
    }

    /// What came since an earlier reading of the same counters.
    package func since(_ earlier: AlertCounts) -> AlertCounts {
        var difference = self
        difference.subtract(earlier)
        return difference
    }

    /// Whether more than this share of the answers had no verdict. Strictly more, and without rounding.
    func isUnavailable(above percent: Double) -> Bool {
        answers > 0 && Double(unavailable) * 100 > percent * Double(answers)
    }

    /// Whether more than this share of the verdicts were refusals. Strictly more, and without rounding.
    func isRefused(above percent: Double) -> Bool {
        verdicts > 0 && Double(limited) * 100 > percent * Double(verdicts)
    }
}

/// A condition that makes an alert, with two delays so that the alert does not flap: it begins once the condition has held
/// for a while, and ends once it has not held for a while.
struct AlertCondition: Equatable, Sendable {
    private let afterMilliseconds: Int64
    private let clearMilliseconds: Int64
    /// When the condition began to hold; `nil` while it does not.
    private var holdsSince: ClockReading?
    /// When it last held, while the alert lasts.
    private var lastHeld: ClockReading?
    /// Since when the alert lasts; `nil` without one.
    private(set) var startsAt: Timestamp?

    /// - Parameters:
    ///   - afterSeconds: How long it must hold before the alert begins; 0 for at once.
    ///   - clearSeconds: How long it must not hold before the alert ends; 0 for at once.
    init(afterSeconds: Int = 0, clearSeconds: Int = 0) {
        afterMilliseconds = Int64(afterSeconds) * 1000
        clearMilliseconds = Int64(clearSeconds) * 1000
    }

    /// Takes in whether the condition holds.
    ///
    /// - Returns: Since when the alert lasts; `nil` without one.
    mutating func update(_ holds: Bool, at now: ClockReading) -> Timestamp? {
        guard holds else {
            holdsSince = nil
            if let last = lastHeld, now.steadyMilliseconds - last.steadyMilliseconds >= clearMilliseconds {
                (startsAt, lastHeld) = (nil, nil)
            }
            return startsAt
        }
        let since = holdsSince ?? now
        holdsSince = since
        if startsAt == nil, now.steadyMilliseconds - since.steadyMilliseconds >= afterMilliseconds {
            startsAt = since.wall
        }
        if startsAt != nil { lastHeld = now }
        return startsAt
    }
}

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
