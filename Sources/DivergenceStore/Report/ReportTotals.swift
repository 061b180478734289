import ParallaxCore

/// Sums of totals and drops as they are read, from one database after the other.
struct ReportTotals: Sendable {
    /// The most steps of a timeline.
    static let maximumSteps: Int64 = 240
    /// How long a step of a timeline may last, in minutes.
    static let stepMinutes: [Int64] = [1, 5, 15, 60, 360, 1_440]

    private let filter: DivergenceFilter
    private(set) var report = DivergenceReport()
    /// Units that each side accepted, of compared requests.
    private(set) var controlUnits = 0
    private(set) var candidateUnits = 0
    private var minutes: [Timestamp: DivergenceReport.Step] = [:]
    private var coverage = CoverageCounts()
    /// Divergences by cause and minute.
    private var causes: [String: [Timestamp: Int]] = [:]

    init(filter: DivergenceFilter) {
        self.filter = filter
    }

    mutating func add(_ row: TotalRow) {
        note(row.minute)
        switch OutcomeName(rawValue: row.outcome) {
        case .agreed: addCompared(row, isAgreed: true)
        case .diverged: addCompared(row, isAgreed: false)
        case .incomparable: addIncomparable(row)
        case .heldOut: report.heldOut += row.requests
        case nil: break
        }
    }

    mutating func addDrop(minute: Timestamp, subject: DropSubject?, reason: String, count: Int) {
        switch subject {
        case .comparison:
            note(minute)
            report.dropped[reason, default: 0] += count
            minutes[minute, default: .init(start: minute)].dropped += count
        case .row: report.rowsDropped[reason, default: 0] += count
        case nil: break
        }
    }

    mutating func addRuns(_ runs: [CoverageCounts.InstanceRun]) {
        coverage.add(runs)
        report.instances = Set(report.instances + runs.map(\.name)).sorted()
    }

    /// Notes a minute that holds records, be they of the filter's organization or not.
    mutating func addCovered(_ minute: Timestamp) {
        coverage.add(minute: minute)
    }

    /// The report so far, with its timeline.
    func makeReport() -> DivergenceReport {
        var report = report
        report.coverage = coverage.makeCoverage()
        report.causeTimes = causes.compactMapValues(DivergenceReport.CauseTimes.init)
        guard let from = report.from, let to = report.to else { return report }
        let span = (to - from) / 60_000 + 1
        // One step less, since the first and the last need not be whole.
        let maximum = Self.maximumSteps - 1
        let step =
            Self.stepMinutes.first { span <= $0 * maximum } ?? (span / maximum / 1_440 + 1) * 1_440
        report.timelineStepMilliseconds = step * 60_000
        report.timeline = timeline(stepMilliseconds: step * 60_000)
        return report
    }

    private func timeline(stepMilliseconds: Int64) -> [DivergenceReport.Step] {
        var steps: [Timestamp: DivergenceReport.Step] = [:]
        for minute in minutes.values {
            let start = minute.start.startOf(stepMilliseconds: stepMilliseconds)
            steps[start, default: .init(start: start)].add(minute)
        }
        return steps.values.sorted { $0.start < $1.start }
    }

    private mutating func addCompared(_ row: TotalRow, isAgreed: Bool) {
        report.compared += row.requests
        report.control.allowed += row.controlAllowed
        report.control.limited += row.controlLimited
        report.candidate.allowed += row.candidateAllowed
        report.candidate.limited += row.candidateLimited
        controlUnits += row.controlUnits
        candidateUnits += row.candidateUnits
        minutes[row.minute, default: .init(start: row.minute)].compared += row.requests
        if isAgreed { report.agreed += row.requests } else { addDiverged(row) }
    }

    private mutating func addDiverged(_ row: TotalRow) {
        guard filter.kind == nil || filter.kind?.rawValue == row.detail else { return }
        guard filter.cause == nil || filter.cause?.rawValue == row.cause else { return }
        report.diverged += row.requests
        report.kinds[row.detail, default: 0] += row.requests
        report.causes[row.cause, default: 0] += row.requests
        causes[row.cause, default: [:]][row.minute, default: 0] += row.requests
        report.causesByKind[row.detail, default: [:]][row.cause, default: 0] += row.requests
        report.storedOneByOne += row.stored
        report.onlyCounted += row.requests - row.stored
        minutes[row.minute, default: .init(start: row.minute)].diverged += row.requests
        if DivergenceKind(rawValue: row.detail).map(DivergenceKind.changingVerdicts.contains) == true {
            minutes[row.minute, default: .init(start: row.minute)].changed += row.requests
        }
    }

    private mutating func addIncomparable(_ row: TotalRow) {
        report.incomparable[row.detail, default: 0] += row.requests
        report.controlWhereIncomparable.allowed += row.controlAllowed
        report.controlWhereIncomparable.limited += row.controlLimited
        minutes[row.minute, default: .init(start: row.minute)].incomparable += row.requests
    }

    private mutating func note(_ minute: Timestamp) {
        report.from = min(report.from ?? minute, minute)
        report.to = max(report.to ?? minute, minute)
        coverage.add(minute: minute)
    }
}

/// One minute's totals of one outcome, over the organizations of a filter.
struct TotalRow: Sendable {
    let minute: Timestamp
    let outcome: String
    let detail: String
    let cause: String
    let requests: Int
    let stored: Int
    let controlAllowed: Int
    let controlLimited: Int
    let candidateAllowed: Int
    let candidateLimited: Int
    let controlUnits: Int
    let candidateUnits: Int
}

extension DivergenceReport.CauseTimes {
    fileprivate init?(_ minutes: [Timestamp: Int]) {
        guard let first = minutes.keys.min(), let last = minutes.keys.max(),
            let busiest = minutes.max(by: { ($0.value, $1.key) < ($1.value, $0.key) })
        else { return nil }
        self.init(from: first, to: last, busiest: busiest.key, busiestRequests: busiest.value)
    }
}

extension DivergenceReport.Step {
    fileprivate mutating func add(_ other: DivergenceReport.Step) {
        compared += other.compared
        diverged += other.diverged
        changed += other.changed
        incomparable += other.incomparable
        dropped += other.dropped
    }
}

extension Timestamp {
    /// The start of the step that holds this instant, counted from the Unix epoch.
    fileprivate func startOf(stepMilliseconds step: Int64) -> Timestamp {
        let remainder = milliseconds % step
        return Timestamp(milliseconds: milliseconds - (remainder < 0 ? remainder + step : remainder))
    }
}
