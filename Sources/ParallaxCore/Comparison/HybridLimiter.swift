import Synchronization

/// Both limiters behind one question: asks the sides that the strategy names, gives the caller one verdict, and
/// compares.
///
/// Where control is enforced the caller never waits for the candidate, and nothing the candidate does can change, delay
/// or fail the answer: its work runs in a task of its own, and no more than a bound of them at once.
package final class HybridLimiter: Sendable {
    package struct Settings: Equatable, Sendable {
        /// In hybrid, whether a candidate that is enforced and cannot answer refuses, rather than control standing in.
        package var failsClosed: Bool
        /// The most candidate decisions in flight at once while control is enforced; the rest are skipped and counted.
        package var maximumInFlight: Int
        /// In hybrid, the share of identities that only control judges, in per cent.
        package var holdoutPercent: Double
        package var tolerances: ComparisonTolerances

        package init(
            failsClosed: Bool = false, maximumInFlight: Int = 1024, holdoutPercent: Double = 0,
            tolerances: ComparisonTolerances = ComparisonTolerances()
        ) {
            self.failsClosed = failsClosed
            self.maximumInFlight = maximumInFlight
            self.holdoutPercent = holdoutPercent
            self.tolerances = tolerances
        }
    }

    private let control: InMemoryLimiter
    /// Fed what control is fed, when the candidate has answered: how much they disagree is the noise of any comparison
    /// here.
    private let secondControl: InMemoryLimiter?
    private let candidate: any Limiter
    private let refusals: (any RefusalMemory)?
    private let comparer: Comparer
    private let settings: Settings
    private let clocks: Clocks
    private let flags: @Sendable () -> FlagValues
    private let observer: any DecisionObserver
    /// Runs the candidate's work that no caller waits for.
    private let executor: (any TaskExecutor)?

    private let inFlight = Atomic<Int>(0)
    /// Callers who have no answer before the candidate has given one.
    private let waiting = WaitingCallers()
    /// Since when control has seen every request, in milliseconds of the uptime: the time of day may step.
    private let controlSince: Atomic<Int64>
    /// Whether requests pass control by, as in `distributed_only`.
    private let controlIsBypassed = Atomic<Bool>(false)
    /// Since when the candidate was asked about every request, and whether requests pass it by, as in `legacy`.
    private let candidateSince: Atomic<Int64>
    private let candidateIsBypassed = Atomic<Bool>(false)

    /// Makes a hybrid of two limiters.
    ///
    /// - Parameters:
    ///   - secondControl: A limiter like control, to show how much two equal ones disagree; `nil` for none.
    ///   - candidate: Keeps a deadline of its own; a decision that waits for it waits as long as it does.
    ///   - refusals: What is remembered of the candidate's refusals, for strategies in which only it decides. Never
    ///     used for comparing.
    ///   - flags: Asked once a request; must be cheap.
    ///   - observer: Is given every answer, attempt and comparison, on the request's path.
    ///   - executor: What runs the candidate's work that no caller waits for; `nil` leaves it to the runtime.
    package init(
        control: InMemoryLimiter, secondControl: InMemoryLimiter? = nil, candidate: any Limiter,
        refusals: (any RefusalMemory)? = nil,
        ledger: InstanceLedger = InstanceLedger(),
        settings: Settings = Settings(), clocks: Clocks, flags: @escaping @Sendable () -> FlagValues,
        observer: any DecisionObserver, executor: (any TaskExecutor)? = nil
    ) {
        self.control = control
        self.secondControl = secondControl
        self.candidate = candidate
        self.refusals = refusals
        comparer = Comparer(control: control, ledger: ledger, tolerances: settings.tolerances)
        self.settings = settings
        self.clocks = clocks
        self.flags = flags
        self.observer = observer
        self.executor = executor
        controlSince = Atomic(Self.milliseconds(clocks.uptime()))
        candidateSince = Atomic(.min)
    }

    /// Judges a request by the strategy that the flags name now.
    ///
    /// - Returns: The enforced decision. It is unavailable only if the candidate decides without control, or hybrid
    ///   fails closed.
    package func check(_ request: CheckRequest) async -> Answer {
        let values = flags()
        let start = clocks.uptime()
        let now = clocks.now()
        let answer =
            switch values.strategy {
            case .legacy: checkLegacy(request, at: now, from: start)
            case .hybrid: await checkHybrid(request, percent: values.enforcementPercent, at: now, from: start)
            case .distributedOnly: await checkDistributed(request, at: now, from: start)
            }
        observer.answered(answer)
        return answer
    }

    /// Forgets what this instance remembers of an identity, and says whether control had anything to forget.
    @discardableResult
    package func forget(_ identity: Identity) -> Bool { forget(.identity(identity)) > 0 }

    /// Forgets what this instance remembers of the identities of a scope, and says how many control had.
    @discardableResult
    package func forget(_ scope: ResetScope) -> Int {
        comparer.forget(scope)
        secondControl?.reset(scope)
        return control.reset(scope)
    }

    /// Candidate decisions under way whose callers have their answers already.
    package var candidatesInFlight: Int { inFlight.load(ordering: .relaxed) }

    /// How long the callers have waited that wait for the candidate at this moment.
    package var waitingCallers: WaitingCallers.Ages { waiting.ages(at: clocks.uptime()) }

    private func checkLegacy(_ request: CheckRequest, at now: Timestamp, from start: Duration) -> Answer {
        candidateIsBypassed.raise()
        let decision = judgeControl(request, at: now, start)
        return answer(request, at: now, from: start, .legacy, .control, decision)
    }

    private func checkDistributed(_ request: CheckRequest, at now: Timestamp, from start: Duration) async -> Answer {
        controlIsBypassed.raise()
        if let refusal = refusals?.refusal(of: request) {
            // The candidate was not asked: no attempt, and nothing for the rollback's figures.
            return answer(request, at: now, from: start, .distributedOnly, .candidate, refusal)
        }
        let decision = await waiting.waiting(since: start) { await askAlone(request) }
        let duration = clocks.uptime() - start
        noteAttempt(Observation(decision: decision, duration: duration))
        return answer(request, at: now, from: start, .distributedOnly, .candidate, decision, candidateWait: duration)
    }

    private func askAlone(_ request: CheckRequest) async -> Decision {
        guard let refusals else { return await candidate.check(request, at: nil) }
        return await refusals.remembering(request) { await candidate.check(request, at: nil) }
    }

    private func checkHybrid(
        _ request: CheckRequest, percent: Double, at now: Timestamp, from start: Duration
    ) async -> Answer {
        let controlDecision = judgeControl(request, at: now, start)
        if IdentityShare.heldOut.contains(request.identity, percent: settings.holdoutPercent) {
            let answer = answer(request, at: now, from: start, .hybrid, .control, controlDecision, isHeldOut: true)
            observer.heldOut(request, answer)
            return answer
        }
        noteCandidateAsked(at: start)
        let experiment = Experiment(
            request: request, time: now, start: start,
            control: Observation(decision: controlDecision, duration: clocks.uptime() - start),
            controlSince: Self.instant(controlSince.load(ordering: .relaxed), at: now, start),
            candidateSince: askedSince(at: now, start))
        guard IdentityShare.enforced.contains(request.identity, percent: percent) else {
            runBehind(experiment)
            return answer(request, at: now, from: start, .hybrid, .control, controlDecision)
        }
        let candidate = await waiting.waiting(since: start) { await askCandidate(experiment, enforced: .candidate) }
        let wait = max(.zero, candidate.duration - experiment.control.duration)
        if case .unavailable = candidate.decision.outcome, !settings.failsClosed {
            return answer(
                request, at: now, from: start, .hybrid, .control, controlDecision, isStandIn: true, candidateWait: wait)
        }
        return answer(request, at: now, from: start, .hybrid, .candidate, candidate.decision, candidateWait: wait)
    }

    /// Asks the candidate while the caller already has control's answer, if there is room for one more.
    private func runBehind(_ experiment: Experiment) {
        guard inFlight.add(1, ordering: .relaxed).newValue <= settings.maximumInFlight else {
            inFlight.subtract(1, ordering: .relaxed)
            // Comparing ends what was begun, which must not be another request's.
            comparer.begin(experiment.request, at: experiment.time)
            let skipped = Observation(decision: .unavailable(.skipped), duration: .zero)
            conclude(experiment, candidate: skipped, enforced: .control)
            return
        }
        Task(executorPreference: executor) {
            _ = await self.askCandidate(experiment, enforced: .control)
            self.inFlight.subtract(1, ordering: .relaxed)
        }
    }

    private func askCandidate(_ experiment: Experiment, enforced: Side) async -> Observation {
        let asked = clocks.uptime()
        comparer.begin(experiment.request, at: experiment.time)
        // Behind control it holds a place that all identities share: one with many requests must not wait in it for
        // itself.
        let decision =
            enforced == .control
            ? await candidate.checkUnqueued(experiment.request) : await candidate.check(experiment.request, at: nil)
        let observation = Observation(decision: decision, duration: clocks.uptime() - asked)
        noteAttempt(observation)
        conclude(experiment, candidate: observation, enforced: enforced)
        return observation
    }

    /// Work that was skipped on our side was never an attempt.
    private func noteAttempt(_ observation: Observation) {
        guard observation.decision.outcome != .unavailable(.skipped) else { return }
        observer.attempted(observation)
    }

    private func conclude(_ experiment: Experiment, candidate: Observation, enforced: Side) {
        observer.compared(
            comparer.compare(
                Comparer.Judged(
                    experiment.request, at: experiment.time, control: experiment.control, candidate: candidate,
                    enforced: enforced, controlSince: experiment.controlSince,
                    candidateSince: experiment.candidateSince,
                    clockOffsetMilliseconds: clockOffset(experiment, candidate.decision.plausible),
                    secondControl: secondControl?.judge(experiment.request, at: clocks.now()))))
    }

    /// How far the candidate's clock is ahead, by as much as the time that passed since the request cannot explain.
    private func clockOffset(_ experiment: Experiment, _ candidate: Decision) -> Int64? {
        guard let judgedAt = candidate.judgedAt else { return nil }
        let passedMilliseconds = Self.milliseconds(clocks.uptime() - experiment.start)
        let ahead = judgedAt - experiment.time
        return ahead < 0 ? ahead : max(0, ahead - passedMilliseconds)
    }

    private func judgeControl(_ request: CheckRequest, at now: Timestamp, _ uptime: Duration) -> Decision {
        if controlIsBypassed.load(ordering: .relaxed) {
            controlIsBypassed.store(false, ordering: .relaxed)
            controlSince.store(Self.milliseconds(uptime), ordering: .relaxed)
        }
        return control.judge(request, at: now)
    }

    private func askedSince(at now: Timestamp, _ uptime: Duration) -> Timestamp? {
        let since = candidateSince.load(ordering: .relaxed)
        return since == .min ? nil : Self.instant(since, at: now, uptime)
    }

    private func noteCandidateAsked(at uptime: Duration) {
        guard candidateIsBypassed.load(ordering: .relaxed) else { return }
        candidateIsBypassed.store(false, ordering: .relaxed)
        candidateSince.store(Self.milliseconds(uptime), ordering: .relaxed)
    }

    /// What the clock would have shown at an uptime, had it shown then what it shows now.
    private static func instant(_ since: Int64, at now: Timestamp, _ uptime: Duration) -> Timestamp {
        now + (since - milliseconds(uptime))
    }

    private static func milliseconds(_ duration: Duration) -> Int64 {
        duration.components.seconds * 1000 + duration.components.attoseconds / 1_000_000_000_000_000
    }

    private func answer(
        _ request: CheckRequest, at now: Timestamp, from start: Duration, _ strategy: Strategy, _ enforced: Side,
        _ decision: Decision, isStandIn: Bool = false, isHeldOut: Bool = false, candidateWait: Duration = .zero
    ) -> Answer {
        Answer(
            identity: request.identity, time: now, strategy: strategy, enforced: enforced, isStandIn: isStandIn,
            decision: decision, duration: clocks.uptime() - start, isHeldOut: isHeldOut, candidateWait: candidateWait)
    }
}

/// One request that both sides judge, as far as it is known before the candidate answers.
private struct Experiment: Sendable {
    let request: CheckRequest
    let time: Timestamp
    let start: Duration
    let control: Observation
    let controlSince: Timestamp
    let candidateSince: Timestamp?
}

extension Atomic<Bool> {
    /// Sets it if it is not set: a read leaves the processors' caches as they are.
    fileprivate func raise() {
        if !load(ordering: .relaxed) { store(true, ordering: .relaxed) }
    }
}
