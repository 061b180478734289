package import ParallaxCore

/// Runs a scenario with the real limiters and the real comparing, and holds every cause found against the true one.
package struct ScenarioRun {
    private static let start = Timestamp(milliseconds: 1_700_000_000_000)

    /// An instance's own parts, new after each of its starts.
    private struct Instance {
        let control: InMemoryLimiter
        let comparer: Comparer
        let startedAt: Timestamp

        init(_ scenario: Scenario, startedAt: Timestamp) {
            let bounds = scenario.controlIdentities.map { MemoryBounds(identities: $0) } ?? MemoryBounds()
            // One shard: the bound is the whole limiter's.
            control = InMemoryLimiter(algorithm: scenario.algorithm, bounds: bounds, shardCount: 1)
            comparer = Comparer(
                control: control, ledger: InstanceLedger(shardCount: 1), tolerances: ComparisonTolerances())
            self.startedAt = startedAt
        }
    }

    private let scenario: Scenario
    private var instances: [Instance]
    private var candidate = InMemoryLimiter(shardCount: 1)
    private var truth: ScenarioTruth
    private var faults: [Scenario.Fault]
    private var policies: [Policy]
    private var clockOffset: Int64 = 0
    private var instanceClockOffset: Int64 = 0
    private var outageEnd: Int64?
    private var random: SplitMix64
    private var turn = 0
    private var table = ConfusionTable()
    /// Who has been let go by which instance, and when that was noticed; and who was ever accepted.
    private var evictions: [ClientOfInstance: Timestamp] = [:]
    private var accepted: [ClientOfInstance: Timestamp] = [:]

    private struct ClientOfInstance: Hashable {
        let instance: Int
        let identity: Identity
    }

    private init(_ scenario: Scenario, seed: UInt64) {
        self.scenario = scenario
        instances = (0..<scenario.instances).map { _ in Instance(scenario, startedAt: Self.start) }
        truth = ScenarioTruth(scenario)
        faults = scenario.faults
        policies = Array(repeating: .defaultValue, count: scenario.instances)
        random = SplitMix64(seed: seed)
    }

    /// - Parameter seed: Of the traffic and of what is left to chance.
    /// - Returns: How often each true cause was given which.
    package static func table(
        of scenario: Scenario, durationMilliseconds: Int64, seed: UInt64 = ModelledTraffic.defaultSeed
    ) -> ConfusionTable {
        var run = ScenarioRun(scenario, seed: seed)
        for request in ModelledTraffic(seed: seed, durationMilliseconds: durationMilliseconds) {
            run.judge(request)
        }
        return run.table
    }

    private mutating func judge(_ request: ModelledRequest) {
        let offset = request.offsetMilliseconds
        applyFaults(until: offset)
        let place = nextInstance()
        let instance = instances[place]
        let trueTime = Self.start + offset
        let time = trueTime + instanceClockOffset
        // Every cost of the traffic is within every policy's smallest limit.
        let asked = try! CheckRequest(identity: request.identity, policy: policies[place], cost: request.cost)
        noteEviction(of: asked, at: time, on: place)
        let control = instance.control.judge(asked, at: time)
        let candidateTime = trueTime + clockOffset + delay()
        let isAway = outageEnd.map { offset < $0 } ?? false
        let decision = isAway ? .unavailable(.circuitOpen) : candidate.judge(asked, at: candidateTime)
        let comparison = instance.comparer.compare(
            Comparer.Judged(
                asked, at: time, control: Observation(decision: control, duration: .zero),
                candidate: Observation(decision: decision, duration: .zero), controlSince: instance.startedAt,
                clockOffsetMilliseconds: isAway ? nil : clockOffset - instanceClockOffset))
        let judged = ScenarioTruth.Judged(
            request: asked, instance: place, trueTime: trueTime, time: time, candidateTime: candidateTime,
            control: control,
            candidate: decision, evictedAt: evictions[ClientOfInstance(instance: place, identity: asked.identity)])
        if case .diverged(let kind, let cause) = comparison.result {
            table.count(kind, given: cause, true: truth.cause(of: judged, kind: kind))
        } else {
            table.countOther(comparison.result)
        }
        truth.enter(judged)
    }

    /// A control that holds nothing of an identity that it accepted within the longest window has let it go.
    private mutating func noteEviction(of request: CheckRequest, at time: Timestamp, on place: Int) {
        let client = ClientOfInstance(instance: place, identity: request.identity)
        let looked = instances[place].control.look(request, at: time)
        let isHeld = looked.windows.contains { $0.used > (looked.isAllowed ? request.cost : 0) }
        let start = max(time + -request.policy.longestDurationMilliseconds, instances[place].startedAt)
        if scenario.controlIdentities != nil, !isHeld, let last = accepted[client], last > start {
            evictions[client] = time
        }
        if looked.isAllowed { accepted[client] = time }
    }

    private mutating func nextInstance() -> Int {
        defer { turn += 1 }
        switch scenario.balance {
        case .roundRobin: return turn % scenario.instances
        case .random: return random.integer(in: 0...(scenario.instances - 1))
        }
    }

    private mutating func delay() -> Int64 {
        scenario.delayMilliseconds == 0 ? 0 : Int64(random.integer(in: 0...Int(scenario.delayMilliseconds)))
    }
}

// MARK: Faults
extension ScenarioRun {
    private mutating func applyFaults(until offset: Int64) {
        let due = faults.filter { $0.start <= offset }
        guard !due.isEmpty else { return }
        faults.removeAll { $0.start <= offset }
        for fault in due { apply(fault) }
    }

    private mutating func apply(_ fault: Scenario.Fault) {
        switch fault {
        case .restart(let place, let at):
            instances[place] = Instance(scenario, startedAt: Self.start + at)
            truth.restart(place, at: Self.start + at)
        case .flush:
            candidate = InMemoryLimiter(shardCount: 1)
            truth.lose(after: nil)
        case .failover(let at, let lag):
            truth.lose(after: Self.start + at + clockOffset + -lag)
            candidate = truth.restoredCandidate()
        case .clockStep(let at, let milliseconds):
            clockOffset += milliseconds
            truth.clockSteps(at: Self.start + at)
        case .instanceClockStep(let at, let milliseconds):
            instanceClockOffset += milliseconds
            truth.clockSteps(at: Self.start + at)
        case .outage(_, let end):
            outageEnd = end
        case .policy(let policy, let instance, _):
            policies[instance] = policy
        }
    }
}

extension Scenario.Fault {
    fileprivate var start: Int64 {
        switch self {
        case .restart(_, let at), .flush(let at), .failover(let at, _), .clockStep(let at, _),
            .instanceClockStep(let at, _), .outage(let at, _), .policy(_, _, let at):
            at
        }
    }
}

/// How often divergences of each true cause were given which.
package struct ConfusionTable: Equatable, Sendable {
    package private(set) var counts: [DivergenceCause: [DivergenceCause: Int]] = [:]
    package private(set) var kinds: [DivergenceKind: Int] = [:]
    package private(set) var agreed = 0
    package private(set) var incomparable = 0

    package init() {}

    mutating func count(_ kind: DivergenceKind, given: DivergenceCause, true truth: DivergenceCause) {
        counts[truth, default: [:]][given, default: 0] += 1
        kinds[kind, default: 0] += 1
    }

    mutating func countOther(_ result: Comparison.Result) {
        if result == .agreed { agreed += 1 } else { incomparable += 1 }
    }

    package static func += (left: inout ConfusionTable, right: ConfusionTable) {
        left.counts.merge(right.counts) { $0.merging($1, uniquingKeysWith: +) }
        left.kinds.merge(right.kinds, uniquingKeysWith: +)
        left.agreed += right.agreed
        left.incomparable += right.incomparable
    }

    package var diverged: Int { counts.values.reduce(0) { $0 + $1.values.reduce(0, +) } }

    /// Divergences that were given their true cause.
    package var right: Int { counts.reduce(0) { $0 + ($1.value[$1.key] ?? 0) } }

    /// How often a cause was given.
    package func given(_ cause: DivergenceCause) -> Int { counts.values.reduce(0) { $0 + ($1[cause] ?? 0) } }

    /// How often a cause was true.
    package func actual(_ cause: DivergenceCause) -> Int { counts[cause]?.values.reduce(0, +) ?? 0 }
}
