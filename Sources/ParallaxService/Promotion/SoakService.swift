package import DivergenceStore
package import Logging
package import ParallaxCore
import ServiceLifecycle
import Synchronization

/// Follows the watch after a promotion to `distributed_only`: when it began, and what happened since.
package final class SoakService: Service {
    /// What there is to know at one moment; the counts are those since the start.
    package struct Inputs: Sendable {
        package var strategy: Strategy
        /// What holds on this instance, its environment and a rollback of its own included.
        package var effectiveStrategy: Strategy
        /// Changes whenever the flag file does.
        package var contentHash: String?
        package var counts: AlertCounts
        package var began: [Alert.Name: Int]
        package var evaluations: [Evaluation]

        package init(
            strategy: Strategy, effectiveStrategy: Strategy, contentHash: String?, counts: AlertCounts,
            began: [Alert.Name: Int], evaluations: [Evaluation]
        ) {
            self.strategy = strategy
            self.effectiveStrategy = effectiveStrategy
            self.contentHash = contentHash
            self.counts = counts
            self.began = began
            self.evaluations = evaluations
        }
    }

    fileprivate struct State {
        var watch: SoakPeriod?
        var tally: SoakTally?
        var contentHash: String?
        var counts = AlertCounts()
        var began: [Alert.Name: Int] = [:]
        var looks = 0
        var isFailing = false
    }

    /// Looks between two writings, and between two readings of the history: as many seconds.
    private static let updatesBetweenWrites = 10

    private let state = Mutex(State())
    private let store: StoredSoakPeriod
    private let instance: String
    private let bounds: GateSettings
    private let inputs: @Sendable () -> Inputs
    private let logger: Logger
    private let clock: any Clock<Duration>
    private let now: @Sendable () -> Timestamp

    /// - Parameters:
    ///   - instance: The name under which reports list its alerts.
    ///   - bounds: When a watch has passed.
    package init(
        store: StoredSoakPeriod, instance: String, bounds: GateSettings = GateSettings(), logger: Logger,
        inputs: @escaping @Sendable () -> Inputs,
        clock: any Clock<Duration> = ContinuousClock(), now: @escaping @Sendable () -> Timestamp = Clocks.system.now
    ) {
        self.store = store
        self.instance = instance
        self.bounds = bounds
        self.inputs = inputs
        self.logger = logger
        self.clock = clock
        self.now = now
    }

    /// Follows until the service shuts down, and then keeps what was seen.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            await self.clock.repeating { await self.update() }
        }
        await save()
    }

    /// Takes in what happened in the last second; reads the history if the flags changed, and now and then.
    func update() async {
        let inputs = inputs()
        let isDue = state.withLock { state in
            defer { state.looks += 1 }
            let isDue = state.looks.isMultiple(of: Self.updatesBetweenWrites) || state.contentHash != inputs.contentHash
            state.contentHash = inputs.contentHash
            return isDue
        }
        if isDue { await follow(inputs.strategy) }
        let now = now()
        let began = state.withLock { $0.take(inputs, at: now, bounds: bounds) }
        for name in began { await note(alert: name, at: now) }
        if isDue { await save() }
    }

    private func note(alert name: Alert.Name, at time: Timestamp) async {
        do { try await store.note(alert: name.rawValue, instance: instance, at: time) } catch { note(error) }
    }

    /// The latest watch and what this instance saw in it; `nil` if there is none.
    package var current: (watch: SoakPeriod, tally: SoakTally)? {
        state.withLock { state in
            guard let watch = state.watch, let tally = state.tally else { return nil }
            return (watch, tally)
        }
    }

    private func follow(_ strategy: Strategy) async {
        do {
            let watch = try await store.loadSoakPeriod(strategy: strategy)
            let known = state.withLock { $0.tally }
            var tally = known
            if let watch, known?.since != watch.began.time {
                // A tally that cannot be read makes way for a new one.
                let kept = try? await store.loadSoakTally()
                tally = kept?.since == watch.began.time ? kept : SoakTally(since: watch.began.time)
            }
            state.withLock { [tally] state in
                state.watch = watch
                state.tally = tally
            }
            note(nil)
        } catch {
            note(error)
        }
    }

    private func save() async {
        guard let tally = state.withLock({ $0.watch == nil ? nil : $0.tally }) else { return }
        do { try await store.save(tally) } catch { note(error) }
    }

    /// Says once that the record fails. A service that ends cancels what it writes, which is not a failure.
    private func note(_ error: (any Error)?) {
        if error is CancellationError { return }
        let isNew = state.withLock { state in
            defer { state.isFailing = error != nil }
            return error != nil && !state.isFailing
        }
        if isNew, let error {
            logger.error("The watch after the promotion cannot be kept", metadata: ["error": "\(error)"])
        }
    }
}

extension SoakService.State {
    /// Adds what happened since the last update, while the watch runs.
    ///
    /// - Returns: The alerts that began, whether a watch runs or not.
    fileprivate mutating func take(
        _ inputs: SoakService.Inputs, at now: Timestamp, bounds: GateSettings
    ) -> [Alert.Name] {
        let counts = inputs.counts.since(self.counts)
        let began = inputs.began.merging(self.began) { $0 - $1 }
        (self.counts, self.began) = (inputs.counts, inputs.began)
        switch watch?.state(at: now, seen: tally, bounds: bounds) {
        case .running?:
            if inputs.effectiveStrategy == .distributedOnly { tally?.watch(at: now) }
            tally?.count(answers: counts.answers, unavailable: counts.unavailable)
            for (name, times) in began where times > 0 { tally?.count(alert: name.rawValue, times: times) }
            for evaluation in inputs.evaluations { tally?.note(evaluation) }
        case .brokenOff?:
            // The verdict that broke it off belongs to it.
            let end = watch?.brokenOff?.time ?? now
            for evaluation in inputs.evaluations where evaluation.time <= end { tally?.note(evaluation) }
        case .passed?, .failed?, nil: break
        }
        return began.filter { $0.value > 0 }.map(\.key).sorted { $0.rawValue < $1.rawValue }
    }
}
