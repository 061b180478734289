package import Logging
package import ParallaxCore
import ServiceLifecycle
import Synchronization

/// Drives the rollback evaluator: probes Redis once a second, evaluates, flips the flags, and keeps the record.
///
/// The flip comes first and waits for nothing; what is recorded goes through a writeQueue of its own, so that a record
/// that is slow, locked or broken stops neither the flip nor the next evaluation.
package final class RollbackService: Service {
    /// Flips the flags to `legacy`. Throws ``RollbackSuperseded`` if the claim is stale.
    package typealias Flip =
        @Sendable (_ by: String, _ reason: String, _ claim: RollbackClaim) async throws -> LegacyFlip

    struct State {
        var evaluator: RollbackEvaluator
        var probe = ProbeOverlapGuard()
        /// Counts the changes made to the latch here, to see whether one came between reading the record and adopting
        /// it.
        var latchChanges = 0
        var hold = Hold.none
        /// Whether the stored latch has been read since the start.
        var hasReadLatch = false
        var isRestored = false
        var isRecordFailing = false
        /// Whether the last attempt to share a baseline failed.
        var isSharingFailing = false
        /// What was last said of each baseline.
        var baselineStages: [ResponseTimeSource: Baseline.Stage] = [:]
        var nextEvaluation: Int64 = 0
        /// Decisions in a row that were overtaken before they could be carried out.
        var overtaken = 0
    }

    /// How far the flags hold this instance at `legacy` as the latch says.
    enum Hold {
        /// The latch has no hold, or the flags do not know it. Can transition to: `resuming`, `holding`.
        case none
        /// The flags are taking over the latch's hold and may not hold yet. Can transition to: `holding`, `none`.
        case resuming
        /// The flags hold this instance, or did: that they no longer do is the end of the hold. Can transition to:
        /// `none`.
        case holding
    }

    let state: Mutex<State>
    let writeQueue: RollbackWriteQueue
    let record: any RollbackStore
    let logger: Logger
    let now: @Sendable () -> ClockReading
    let flags: @Sendable () -> FlagValues
    let sharing: RollbackSharing
    private let observer: RollbackObserver
    private let settings: RollbackSettings
    private let probe: @Sendable () async -> Bool
    private let flipToLegacy: Flip
    private let waiting: @Sendable () -> LatencyHistogram
    private let clock: any Clock<Duration>

    /// - Parameters:
    ///   - settings: Thresholds and windows.
    ///   - observer: What counts on the request's path; its counts are fetched here.
    ///   - flags: The flags in force.
    ///   - probe: Runs the real script against Redis once; `false` if it failed or took too long. One that has not
    ///     answered when the next is due has failed, and no other is started meanwhile.
    ///   - flipToLegacy: Writes the flag file.
    ///   - sharing: How it exchanges claims with other evaluators of the same file.
    ///   - waiting: How long the callers have waited who have no answer yet.
    ///   - record: Where evaluations, rollbacks, the latch and the baseline are kept.
    ///   - clock: What the loop sleeps on.
    ///   - now: Reads the clocks.
    /// - Throws: ``RollbackSettingsError`` naming every setting at fault.
    package init(
        settings: RollbackSettings = RollbackSettings(), observer: RollbackObserver,
        flags: @escaping @Sendable () -> FlagValues, probe: @escaping @Sendable () async -> Bool,
        flipToLegacy: @escaping Flip, sharing: RollbackSharing = .none,
        waiting: @escaping @Sendable () -> LatencyHistogram = { LatencyHistogram() },
        record: any RollbackStore, logger: Logger,
        clock: any Clock<Duration> = ContinuousClock(),
        now: @escaping @Sendable () -> ClockReading = ClockReading.makeReader()
    ) throws(RollbackSettingsError) {
        self.state = Mutex(State(evaluator: try RollbackEvaluator(settings: settings)))
        self.writeQueue = RollbackWriteQueue(record: record)
        self.record = record
        self.logger = logger
        self.now = now
        self.flags = flags
        self.sharing = sharing
        self.observer = observer
        self.settings = settings
        self.probe = probe
        self.flipToLegacy = flipToLegacy
        self.waiting = waiting
        self.clock = clock
    }

    /// Reads the record once, so that a rollback that holds this instance holds it before the first request.
    ///
    /// A record that cannot be read is read again while the service runs.
    package func start() async {
        let restoreError = await restore()
        logRecord(await readLatch() ?? restoreError)
    }

    /// Watches until the service shuts down, and then writes what is left to write.
    package func run() async throws {
        await cancelWhenGracefulShutdown { await self.watch() }
        await synchronize()
    }

    private func watch() async {
        await withDiscardingTaskGroup { group in
            let (wakeUps, wake) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
            group.addTask { for await _ in wakeUps { await self.synchronize() } }
            // Before the first evaluation, to know of a latch that holds.
            wake.yield()
            await clock.repeating {
                group.addTask { await self.probeOnce() }
                let hasEvaluated = await self.evaluateIfDue()
                // While a rollback waits, the record is asked every second: that is where the command clears it.
                if hasEvaluated || self.writeQueue.backlog.pending > 0 || self.isLatched { wake.yield() }
            }
            wake.finish()
            group.cancelAll()
        }
    }
}

extension RollbackService {
    private var isLatched: Bool { state.withLock { $0.evaluator.latch.isLatched } }

    /// Probes Redis and tells the evaluator; counts a failure if the last probe has not answered yet.
    func probeOnce() async {
        let turn = state.withLock { state in
            let turn = state.probe.start()
            if turn == nil { state.evaluator.probe(success: false, at: now()) }
            return turn
        }
        guard let turn else { return }
        let success = await probe()
        state.withLock { state in
            if state.probe.end(turn) { state.evaluator.probe(success: success, at: now()) }
        }
    }

    /// Fetches the last second's counts, and evaluates if it is time to.
    ///
    /// - Returns: Whether it evaluated.
    func evaluateIfDue() async -> Bool {
        let moment = now()
        let isDue = state.withLock { state in
            guard moment.second >= state.nextEvaluation || state.evaluator.isOverdue(at: moment) else { return false }
            state.nextEvaluation = moment.second + Int64(settings.evaluationInterval)
            return true
        }
        adoptSharedLatch()
        noteEndOfHold()
        guard isDue else {
            collect()
            return false
        }
        await evaluate()
        return true
    }

    /// Gives the evaluator what was counted on the requests' path.
    private func collect() {
        let counts = observer.fetch()
        let moment = now()
        state.withLock { state in
            state.evaluator.count(counts.attempts, at: moment)
            state.evaluator.count(counts.failures, at: moment)
            state.evaluator.count(counts.service, from: .service, at: moment)
            state.evaluator.count(counts.application, from: .application, at: moment)
        }
    }

    /// Evaluates all triggers and does what follows, the flip first.
    func evaluate() async {
        collect()
        // After what was answered was collected: what is answered in between counts the next time, and nothing twice.
        let waiting = waiting()
        // In this order: what changes in between makes the claim one on what is past.
        let number = number()
        adoptSharedLatch()
        let strategy = flags().strategy
        let moment = now()
        let (before, outcome) = state.withLock { state in
            (
                state.evaluator.evaluations,
                state.evaluator.evaluate(at: moment, strategy: strategy, waiting: waiting)
            )
        }
        for action in outcome.actions { await act(on: action, number: number) }
        writeQueue.append(.evaluations(outcome.evaluations))
        let unarmed = outcome.evaluations.filter { $0.isArmed == false }
        sharing.tellUnarmed(
            Dictionary(unarmed.map { ($0.trigger.rawValue, $0.sentence) }) { first, _ in first })
        logChanges(from: before, to: outcome.evaluations)
        logBaselines(at: moment)
    }

    private func act(on action: RollbackEvaluator.Action, number: Int64) async {
        switch action {
        case .rollBack(let evaluation): await rollBack(evaluation, number: number)
        case .recordDryRun(let evaluation): recordDryRun(evaluation)
        case .withhold(let evaluation, let reason): logWithheld(evaluation, reason)
        case .saveBaseline(let baseline):
            // Until the stored one has been read, a few samples of today must not take its place.
            if state.withLock({ $0.isRestored }) { writeQueue.append(.baseline(baseline)) }
        }
    }

    private func rollBack(_ evaluation: Evaluation, number: Int64) async {
        var latch = state.withLock { $0.evaluator.latch }
        latch.fire(evaluation)
        let flip: LegacyFlip
        do {
            flip = try await flipToLegacy(
                RollbackEvaluator.author, evaluation.sentence, RollbackClaim(number: number, latch: latch))
        } catch let error as RollbackSuperseded {
            logSuperseded(evaluation, error)
            // With what is known by now, and in a second rather than at the next interval.
            state.withLock { state in
                state.nextEvaluation = 0
                state.overtaken += 1
            }
            return
        } catch {
            logFailedFlip(evaluation, error)
            return
        }
        state.withLock { state in
            state.overtaken = 0
            state.evaluator.rolledBack(evaluation, hold: flip.hold)
            state.hold = flip.hold == nil ? .none : .holding
            state.latchChanges += 1
            writeQueue.append(.latched(evaluation, hold: flip.hold))
        }
        // If another instance that shares the file was first, there was nothing left to flip.
        let wasLegacy = flip.before.strategy == .legacy
        let rollback = Rollback(
            evaluation: evaluation, isDryRun: wasLegacy, flagsBefore: flip.before, flagsAfter: flip.after)
        writeQueue.append(.rollback(rollback))
        logRollback(evaluation, flip)
        if !wasLegacy { await sharing.keep(rollback, flip.hold != nil) }
    }

    private func recordDryRun(_ evaluation: Evaluation) {
        let values = flags()
        writeQueue.append(
            .rollback(Rollback(evaluation: evaluation, isDryRun: true, flagsBefore: values, flagsAfter: values)))
        logDryRun(evaluation)
    }
}

/// Whose turn it is to probe: one at a time, and one that is overdue has lost its say.
struct ProbeOverlapGuard: Equatable, Sendable {
    private var current = 0
    private var isRunning = false
    private var isOverdue = false

    /// - Returns: The turn's number; `nil` if the last has not ended: it is overdue now.
    mutating func start() -> Int? {
        guard !isRunning else {
            isOverdue = true
            return nil
        }
        current += 1
        isRunning = true
        isOverdue = false
        return current
    }

    /// - Returns: Whether the outcome counts.
    mutating func end(_ turn: Int) -> Bool {
        guard isRunning, turn == current else { return false }
        isRunning = false
        return !isOverdue
    }
}
