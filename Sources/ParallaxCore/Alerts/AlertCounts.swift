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
