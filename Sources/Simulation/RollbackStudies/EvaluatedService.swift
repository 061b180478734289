import ParallaxCore

/// A modelled service with its watchdog, in virtual time: the service's own evaluator, driven second by second as the
/// service drives it.
struct EvaluatedService: Sendable {
    /// Midnight of 1 January 2026 in UTC: what second 0 shows on the wall.
    static let origin = Timestamp(milliseconds: 1_767_225_600_000)
    /// How long after a rollback a person has acknowledged it and set the flags back.
    static let returnSeconds: Int64 = 600

    private(set) var evaluator: RollbackEvaluator
    private(set) var strategy: Strategy
    /// Seconds that have gone by.
    private(set) var second: Int64
    private(set) var seconds: ModelledSeconds
    private let hasLatency: Bool
    private var nextEvaluation: Int64
    private var returnSecond = Int64.max

    /// - Parameters:
    ///   - seconds: What happens; goes on where it stands.
    ///   - settings: The watchdog's; that a trigger runs dry is ignored.
    ///   - startSecond: The second of the simulation before the first.
    /// - Throws: ``RollbackSettingsError``.
    init(
        _ service: ModelledService, _ seconds: ModelledSeconds, settings: RollbackSettings, startSecond: Int64 = 0
    ) throws(RollbackSettingsError) {
        var settings = settings
        settings.dryRun = []
        evaluator = try RollbackEvaluator(settings: settings, evidence: .ofFiring)
        self.seconds = seconds
        hasLatency = service.latency != nil
        strategy = hasLatency ? .legacy : .hybrid
        second = startSecond
        nextEvaluation = startSecond
    }

    private var now: ClockReading {
        ClockReading(steadyMilliseconds: second * 1000, wall: EvaluatedService.origin + second * 1000)
    }

    /// Runs in `legacy` until there is a baseline, where response times are modelled, and then goes to `hybrid`.
    mutating func learn() {
        while strategy == .legacy {
            step(.healthy)
            if case .frozen = evaluator.baseline.state(at: now.wall, settings: evaluator.settings) {
                strategy = .hybrid
            }
        }
    }

    /// Lets a second go by.
    ///
    /// - Returns: The evaluation that rolled the service back, if one did.
    @discardableResult
    mutating func step(_ condition: CandidateCondition) -> Evaluation? {
        second += 1
        if second >= returnSecond { goBack() }
        let now = now
        let drawn = seconds.next(atSecond: second, condition, strategy: strategy)
        evaluator.probe(success: drawn.isProbeGood, at: now)
        evaluator.count(drawn.attempts, at: now)
        if hasLatency { evaluator.count(drawn.waits, isControlOnly: strategy == .legacy, at: now) }
        guard second >= nextEvaluation || evaluator.isOverdue(at: now) else { return nil }
        nextEvaluation = second + Int64(evaluator.settings.evaluationInterval)
        for case .rollBack(let evaluation) in evaluator.evaluate(at: now, strategy: strategy).actions {
            evaluator.rolledBack(evaluation)
            strategy = .legacy
            returnSecond = second + EvaluatedService.returnSeconds
            return evaluation
        }
        return nil
    }

    /// A person acknowledges the rollback and sets the flags to `hybrid` again.
    private mutating func goBack() {
        returnSecond = .max
        strategy = .hybrid
        // There is one to acknowledge: it set the time at which to go back.
        try? evaluator.acknowledge(
            Acknowledgement(time: now.wall, by: "the simulation", reason: "to see whether it happens again"))
    }
}
