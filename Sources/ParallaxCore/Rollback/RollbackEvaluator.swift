/// Decides when the migration is rolled back: the three triggers, the baseline and the latch, as one value.
///
/// Events go in, evaluations and actions come out; its driver acts. No trigger can throw or see another's data,
/// so none can stop another.
package struct RollbackEvaluator: Sendable {
    /// The name under which the evaluator changes flags.
    package static let author = "parallax-evaluator"

    /// What there is to do after an evaluation.
    package enum Action: Equatable, Sendable {
        /// Flip the flags to `legacy`, then say so with ``RollbackEvaluator/rolledBack(_:)``. It comes again with the
        /// next evaluation if that did not work.
        case rollBack(Evaluation)
        /// Record what would have been a rollback.
        case recordDryRun(Evaluation)
        /// Tell that a trigger began to fire and why nothing follows.
        case withhold(Evaluation, Withholding)
        /// Keep the baseline across restarts.
        case saveBaseline(Baseline)
    }

    /// Why a firing trigger changes nothing.
    package enum Withholding: Equatable, Sendable {
        /// The strategy is `legacy`: there is nothing to roll back.
        case legacy
        /// A rollback took place and was not acknowledged.
        case latched
        /// A rollback was acknowledged a short while ago.
        case holdingOff(until: Timestamp)
    }

    /// What came of one evaluation.
    package struct Outcome: Equatable, Sendable {
        /// One for each trigger, in their order.
        package var evaluations: [Evaluation] = []
        package var actions: [Action] = []
    }

    /// Which evaluations carry the reading and the sentence that they were reached from.
    package enum Evidence: Sendable {
        /// All, since all of them are stored.
        case ofAll
        /// Those that fire: enough for a simulation of months, which would otherwise write sentences most of the time.
        case ofFiring
    }

    package let settings: RollbackSettings
    package private(set) var latch = RollbackLatch()
    package private(set) var baseline = Baseline()
    /// The latest evaluation of each trigger; empty before the first.
    package private(set) var evaluations: [Evaluation] = []

    private let evidence: Evidence
    private var redisDown: RedisDownTrigger
    private var errorRate: ErrorRateTrigger
    private var responseTime: ResponseTimeTrigger
    private var failures: FailureLog
    /// Since when the strategy is `legacy`; `nil` in another.
    private var legacySince: ClockReading?
    private var lastEvaluated: ClockReading?
    private var lastStrategy: Strategy?
    /// When each trigger last fired dry, and those that still do.
    private var dryFirings: [Trigger: ClockReading] = [:]
    private var firingDry: Set<Trigger> = []
    private var hasLearned = false

    /// - Throws: ``RollbackSettingsError`` naming every setting at fault.
    package init(
        settings: RollbackSettings = RollbackSettings(), evidence: Evidence = .ofAll
    ) throws(RollbackSettingsError) {
        try settings.validate()
        self.settings = settings
        self.evidence = evidence
        redisDown = RedisDownTrigger(settings: settings)
        errorRate = ErrorRateTrigger(settings: settings)
        responseTime = ResponseTimeTrigger(settings: settings)
        failures = FailureLog(settings: settings)
    }

    // MARK: Events

    /// Takes in the outcome of one probe of Redis.
    package mutating func probe(success: Bool, at now: ClockReading) {
        redisDown.probe(success: success, at: now)
    }

    /// Takes in the candidate's attempts of the last second.
    ///
    /// Decisions that go unanswered while Redis answers its probes, or nearly all other decisions, are not an outage of
    /// Redis: nothing else would see them, so they are errors. While it is down, they belong to ``Trigger/redisDown``
    /// only.
    package mutating func count(_ attempts: AttemptTally, at now: ClockReading) {
        redisDown.count(attempts, at: now)
        let isThere = redisDown.isUp || redisDown.isAnswering
        errorRate.count(isThere ? attempts.withOutagesAsErrors : attempts, at: now)
    }

    /// Takes in why the attempts of the last second failed, for the evidence.
    package mutating func count(_ failures: FailureTally, at now: ClockReading) {
        self.failures.count(failures, at: now)
    }

    /// Takes in how long the service's callers of the last second waited.
    ///
    /// - Parameter isControlOnly: Whether only control judged them, as in `legacy`: they teach the baseline then.
    package mutating func count(_ responseTimes: LatencyHistogram, isControlOnly: Bool, at now: ClockReading) {
        var times = ResponseTimes()
        if isControlOnly { times.legacy = responseTimes } else { times.inPlay = AnsweredTimes(times: responseTimes) }
        count(times, from: .service, at: now)
    }

    /// Takes in how long the callers of one source waited in the last second.
    package mutating func count(_ times: ResponseTimes, from source: ResponseTimeSource, at now: ClockReading) {
        responseTime.count(times, from: source, at: now)
        guard source == .service || isLongInLegacy(at: now) else { return }
        if baseline.learn(times.legacy, from: source, at: now.wall, settings: settings) { hasLearned = true }
    }

    /// Evaluates all triggers, in every strategy; only in one that uses the candidate can anything come of it.
    ///
    /// - Parameter waiting: How long the service's callers have waited who have no answer yet.
    package mutating func evaluate(
        at now: ClockReading, strategy: Strategy, waiting: LatencyHistogram = LatencyHistogram()
    ) -> Outcome {
        restartWindows(at: now, strategy: strategy)
        let before = evaluations
        evaluations = [
            evaluation(of: .redisDown, at: now, strategy: strategy, waiting: waiting),
            evaluation(of: .errorRate, at: now, strategy: strategy, waiting: waiting),
            evaluation(of: .responseTime, at: now, strategy: strategy, waiting: waiting),
        ]
        let actions = self.actions(at: now, strategy: strategy, before: before)
        return Outcome(evaluations: evaluations, actions: actions + baselineActions())
    }

    /// Whether Redis has been down for too long since the last evaluation: a reason not to wait for the next.
    ///
    /// Cheap enough to be asked every second. An interval is a long time next to the limit where probes succeed now and
    /// then, since each second more is a chance of a run of them.
    package func isOverdue(at now: ClockReading) -> Bool {
        redisDown.read(at: now).state == .firing
            && evaluations.contains { $0.trigger == .redisDown && $0.state != .firing }
    }

    /// What is said of Redis while its probes fail; `nil` if it is up, or not known yet.
    package func outage(at now: ClockReading) -> String? {
        redisDown.read(at: now).downMilliseconds == nil ? nil : redisDown.evaluate(at: now).sentence
    }

    /// What the baseline of each source is good for.
    package func baselineStates(at now: Timestamp) -> [ResponseTimeSource: Baseline.State] {
        Dictionary(
            uniqueKeysWithValues: ResponseTimeSource.allCases.map {
                ($0, baseline.state(of: $0, at: now, settings: settings))
            })
    }

    // MARK: What was done

    /// Latches: the flags were flipped because of this evaluation.
    ///
    /// - Parameter hold: The hold that stands in for the flag file, which could not be written.
    package mutating func rolledBack(_ evaluation: Evaluation, hold: FlagHold? = nil) {
        latch.fire(evaluation, hold: hold)
    }

    /// The hold is over: the flag file has taken its place.
    package mutating func releaseHold() {
        latch.releaseHold()
    }

    /// Clears the latch.
    ///
    /// - Throws: ``RollbackLatchError`` if nothing is latched.
    package mutating func acknowledge(_ acknowledgement: Acknowledgement) throws(RollbackLatchError) {
        try latch.acknowledge(acknowledgement)
    }

    /// Takes over the latch as it is stored, which another process may have cleared.
    package mutating func adopt(_ latch: RollbackLatch) {
        self.latch = latch
    }

    /// Takes over the baseline of an earlier process, unless a newer one was frozen in the meantime.
    package mutating func adopt(_ baseline: Baseline) {
        self.baseline.adopt(baseline)
    }

    /// Takes over what instances of the same flag file share, and forgets what was voided.
    ///
    /// - Returns: Whether the baseline is another now.
    package mutating func adopt(_ shared: SharedBaseline) -> Bool {
        let before = baseline
        if let word = shared.forgotten { baseline.forget(frozenUntil: word.time) }
        baseline.adoptFrozen(of: shared.baseline)
        return baseline != before
    }
}

extension RollbackEvaluator {
    private mutating func evaluation(
        of trigger: Trigger, at now: ClockReading, strategy: Strategy, waiting: LatencyHistogram
    ) -> Evaluation {
        if evidence == .ofFiring {
            let state = state(of: trigger, at: now, strategy: strategy, waiting: waiting)
            guard state == .firing else {
                return Evaluation(trigger: trigger, time: now.wall, state: state, sentence: "")
            }
        }
        var evaluation =
            switch trigger {
            case .redisDown: failures.explaining(redisDown.evaluate(at: now), at: now)
            case .errorRate: failures.explaining(errorRate.evaluate(at: now), at: now)
            case .responseTime:
                responseTime.evaluate(at: now, baseline: baseline, waiting: waiting, strategy: strategy)
            }
        // An evaluation that is judged again later must say whether it could have led to a rollback.
        evaluation.wasInPlay = strategy != .legacy
        evaluation.isArmed = isArmed(evaluation, strategy: strategy, at: now)
        return evaluation
    }

    /// In `legacy` the candidate decides nothing, so that nothing is missing for the error rate, and response times
    /// only have to have something to be compared with: those to compare come later.
    private func isArmed(_ evaluation: Evaluation, strategy: Strategy, at now: ClockReading) -> Bool {
        switch evaluation.trigger {
        case .errorRate where strategy == .legacy: true
        case .responseTime where strategy == .legacy:
            settings.baselineHoldoutPercent > 0
                || baselineStates(at: now.wall).values.contains { $0.stage == .frozen }
        case .redisDown, .errorRate, .responseTime:
            evaluation.state != .warming && evaluation.state != .inconclusive
        }
    }

    private mutating func state(
        of trigger: Trigger, at now: ClockReading, strategy: Strategy, waiting: LatencyHistogram
    ) -> TriggerState {
        switch trigger {
        case .redisDown: redisDown.read(at: now).state
        case .errorRate: errorRate.read(at: now).state
        case .responseTime: responseTime.state(at: now, baseline: baseline, waiting: waiting, strategy: strategy)
        }
    }

    /// Starts the windows again where what they hold says nothing about now.
    private mutating func restartWindows(at now: ClockReading, strategy: Strategy) {
        legacySince = strategy == .legacy ? legacySince ?? now : nil
        defer { (lastEvaluated, lastStrategy) = (now, strategy) }
        guard let lastEvaluated, let lastStrategy else { return }
        let slept = now.steadyMilliseconds - lastEvaluated.steadyMilliseconds
        if slept > 3 * Int64(settings.evaluationInterval) * 1000 {
            // No one probed or counted: a gap must not pass for an outage, nor old errors for present ones.
            redisDown.restart()
            errorRate.restart()
            responseTime.restart()
            failures.restart()
        } else if lastStrategy == .legacy && strategy != .legacy {
            // What went wrong before the rollback must not be held against the next try. An outage that lasts goes on.
            redisDown.forgetEndedOutages()
            errorRate.restart()
            responseTime.restart()
            failures.restart()
        }
    }

    private mutating func actions(at now: ClockReading, strategy: Strategy, before: [Evaluation]) -> [Action] {
        guard evaluations.contains(where: { $0.state == .firing }) else {
            firingDry = []
            return []
        }
        var actions: [Action] = []
        var isRollingBack = false
        firingDry.formIntersection(evaluations.filter { $0.state == .firing }.map(\.trigger))
        for evaluation in evaluations where evaluation.state == .firing {
            let isNew = before.first { $0.trigger == evaluation.trigger }?.state != .firing
            let withholding = withholding(at: now, strategy: strategy)
            if let withholding, strategy == .legacy || !settings.dryRun.contains(evaluation.trigger) {
                if isNew { actions.append(.withhold(evaluation, withholding)) }
            } else if settings.dryRun.contains(evaluation.trigger) {
                if fireDry(evaluation.trigger, at: now) { actions.append(.recordDryRun(evaluation)) }
            } else if !isRollingBack {
                isRollingBack = true
                actions.append(.rollBack(evaluation))
            }
        }
        return actions
    }

    /// Whether what an application reports now is of `legacy`: a report is of requests of a while ago, and those of
    /// before a rollback must not teach the baseline.
    private func isLongInLegacy(at now: ClockReading) -> Bool {
        guard let legacySince else { return false }
        return now.steadyMilliseconds - legacySince.steadyMilliseconds > Int64(settings.errorWindowSeconds) * 1000
    }

    private func withholding(at now: ClockReading, strategy: Strategy) -> Withholding? {
        if strategy == .legacy { return .legacy }
        return switch latch.state(at: now.wall, settings: settings) {
        case .armed: nil
        case .latched: .latched
        case .holdingOff(let end): .holdingOff(until: end)
        }
    }

    /// Whether a dry trigger's firing is worth a record: it has no latch to quieten it, so it is recorded once while it
    /// lasts, and not again within the hold-off.
    private mutating func fireDry(_ trigger: Trigger, at now: ClockReading) -> Bool {
        guard !firingDry.contains(trigger) else { return false }
        let holdOff = Int64(settings.holdOffSeconds) * 1000
        if let last = dryFirings[trigger], now.steadyMilliseconds - last.steadyMilliseconds < holdOff { return false }
        dryFirings[trigger] = now
        firingDry.insert(trigger)
        return true
    }

    private mutating func baselineActions() -> [Action] {
        guard hasLearned else { return [] }
        hasLearned = false
        return [.saveBaseline(baseline)]
    }
}
