/// One trigger's verdict at one time, with all that it was reached from.
package struct Evaluation: Sendable {
    /// What a trigger measured, with the settings that it judged by.
    package enum Reading: Sendable {
        case redisDown(RedisDownTrigger.Reading)
        case errorRate(ErrorRateTrigger.Reading)
        /// The service's first, then those of other populations.
        case responseTime([ResponseTimeTrigger.Reading])
    }

    package let trigger: Trigger
    package let time: Timestamp
    package private(set) var state: TriggerState
    /// `nil` if it was not kept, or was stored without what this release needs.
    package internal(set) var reading: Reading?
    /// The verdict as one sentence with its numbers, such as "error rate 7.9 % (lower bound 6.2 %, limit 5 %) over 300 s,
    /// 31,482 attempts".
    package var sentence: String

    /// Whether the candidate was in play, and not in `legacy`, which has nothing to roll back; `nil` if not stored.
    var wasInPlay: Bool?
    /// Whether the trigger could fire were something wrong; `nil` if that was not stored. In `legacy`: whether it has what it
    /// needs for the time after it. The sentence says what is missing.
    package var isArmed: Bool?
    /// Whether the trigger would fire, if other evidence did not show that a rollback would not help.
    package internal(set) var isHeldBack = false
    /// The attempts that failed over the long window, by reason, and since when.
    package var failures = FailureTally()
    package var failuresBegan: Timestamp?
    /// Stored numbers that this release does not know.
    private var unknown: [String: Double] = [:]

    /// - Parameter numbers: What was stored of it; empty for an evaluation that is made now.
    package init(
        trigger: Trigger, time: Timestamp, state: TriggerState, numbers: [String: Double] = [:], sentence: String
    ) {
        self.trigger = trigger
        self.time = time
        self.state = state
        self.sentence = sentence
        guard !numbers.isEmpty else { return }
        var stored = EvidenceNumbers(reading: numbers)
        exchange(with: &stored)
        unknown = stored.byName
        var reading: Reading =
            switch trigger {
            case .redisDown: .redisDown(.init())
            case .errorRate: .errorRate(.init())
            case .responseTime: .responseTime([])
            }
        reading.exchange(with: &stored)
        if stored.isComplete { (self.reading, unknown) = (reading, stored.byName) }
    }

    /// Every input, bound and threshold by the name it is stored under, which carries its unit, such as `lowerBoundPercent`.
    package var numbers: [String: Double] {
        var (evaluation, numbers) = (self, EvidenceNumbers())
        evaluation.exchange(with: &numbers)
        evaluation.reading?.exchange(with: &numbers)
        return numbers.byName.merging(unknown) { known, _ in known }
    }

    /// What evaluations of every trigger hold.
    private mutating func exchange(with numbers: inout EvidenceNumbers) {
        numbers.exchange("candidateInPlay", &wasInPlay)
        numbers.exchange("armed", &isArmed)
        var heldBack = isHeldBack ? true : nil
        numbers.exchange("heldBack", &heldBack)
        isHeldBack = heldBack ?? false
        var began = failuresBegan.map { Double($0.milliseconds) }
        numbers.exchange("failuresBegan", &began)
        failuresBegan = began.flatMap { Int64(exactly: $0) }.map(Timestamp.init)
        var counts = failures.counts
        for reason in Unavailability.allCases { numbers.exchange("failures.\(reason.rawValue)", &counts[reason]) }
        failures = FailureTally(counts)
    }
}

extension Evaluation: Equatable {
    /// Whether both are stored as the same.
    package static func == (one: Evaluation, other: Evaluation) -> Bool {
        one.trigger == other.trigger && one.time == other.time && one.state == other.state
            && one.sentence == other.sentence && one.numbers == other.numbers
    }
}

extension Evaluation {
    /// Whether the candidate was in play. What was stored without it counts as in play.
    package var isInPlay: Bool { wasInPlay ?? true }

    /// When a suspicion ends that is only of the past, if nothing new happens; `nil` if it is of the present.
    package var clearsAt: Timestamp? {
        guard case .redisDown(let reading) = reading else { return nil }
        return reading.clearsInMilliseconds.map { time + $0 }
    }

    /// What was measured of the service's own callers; `nil` for other triggers.
    package var serviceTimes: ResponseTimeTrigger.Reading? {
        guard case .responseTime(let readings) = reading else { return nil }
        return readings.first
    }
}

extension Evaluation.Reading {
    fileprivate mutating func exchange(with numbers: inout EvidenceNumbers) {
        switch self {
        case .redisDown(var reading):
            reading.exchange(with: &numbers)
            self = .redisDown(reading)
        case .errorRate(var reading):
            reading.exchange(with: &numbers)
            self = .errorRate(reading)
        case .responseTime(var readings):
            ResponseTimeTrigger.exchange(&readings, with: &numbers)
            self = .responseTime(readings)
        }
    }
}

extension Evaluation {
    /// Judges the same reading again, by the code that judged it, with some settings changed.
    ///
    /// Whatever is not changed stays as it was at the time: the reading holds its settings. Without any change the state is
    /// therefore the stored one. Windows and times of evaluation are always the stored ones.
    ///
    /// - Returns: `nil` if what is stored does not hold what these settings need.
    package func rejudged(with changes: RollbackSettings.Changes) -> Evaluation? {
        var changes = changes
        (changes.errorWindowSeconds, changes.errorShortWindowSeconds, changes.redisDownWindowSeconds) = (nil, nil, nil)
        var evaluation = self
        switch reading {
        case .redisDown(var reading):
            reading.settings = reading.settings.applying(changes)
            (evaluation.state, evaluation.isHeldBack) = (reading.state, reading.isHeldBack)
            evaluation.sentence = reading.sentence
        case .errorRate(let reading):
            guard let rejudged = reading.rejudged(with: changes) else { return nil }
            (evaluation.state, evaluation.sentence) = (rejudged.state, rejudged.sentence)
        case .responseTime(let readings):
            let rejudged = readings.compactMap { $0.rejudged(with: changes) }
            guard rejudged.count == readings.count else { return nil }
            let verdict = ResponseTimeTrigger.verdict(on: rejudged)
            (evaluation.state, evaluation.isHeldBack) = (verdict.state, verdict.isHeldBack)
            // The sentence on a missing baseline needs settings that are not stored.
            if verdict.isCompared && rejudged != readings { evaluation.sentence = verdict.sentence }
        case nil: return nil
        }
        return evaluation
    }
}

/// What a firing trigger did.
package struct Rollback: Equatable, Sendable {
    /// The evaluation that fired.
    package let evaluation: Evaluation
    /// Whether it was only recorded: the trigger runs dry, or the strategy was `legacy` already.
    package let isDryRun: Bool
    package let flagsBefore: FlagValues
    /// The same as before in a dry run.
    package let flagsAfter: FlagValues
    /// Who cleared the latch, when and why; `nil` while it holds.
    package var acknowledgement: Acknowledgement?

    package init(
        evaluation: Evaluation, isDryRun: Bool, flagsBefore: FlagValues, flagsAfter: FlagValues,
        acknowledgement: Acknowledgement? = nil
    ) {
        self.evaluation = evaluation
        self.isDryRun = isDryRun
        self.flagsBefore = flagsBefore
        self.flagsAfter = flagsAfter
        self.acknowledgement = acknowledgement
    }
}

/// A named person's word that a rollback was seen and its latch may be cleared.
package struct Acknowledgement: Codable, Equatable, Sendable {
    package let time: Timestamp
    package let by: String
    package let reason: String

    package init(time: Timestamp, by: String, reason: String) {
        self.time = time
        self.by = by
        self.reason = reason
    }
}

/// A rule that can cause a rollback. The raw values are stored and shown: they never change.
package enum Trigger: String, CaseIterable, Codable, Sendable {
    /// No good run of Redis for too long.
    case redisDown = "redis_down"
    /// Too many of the candidate's decisions fail while Redis is up.
    case errorRate = "error_rate"
    /// Callers wait much longer than they did with only control.
    case responseTime = "response_time"
}

/// What a trigger makes of its data. The raw values are stored and shown: they never change.
package enum TriggerState: String, CaseIterable, Sendable {
    /// Its windows have not filled yet since the start.
    case warming
    /// Enough data, and nothing wrong.
    case ok
    /// Beyond the threshold, but not yet or not long enough.
    case suspect
    /// Beyond the threshold, and long enough.
    case firing
    /// Too little data, or no baseline, to say anything.
    case inconclusive
}
