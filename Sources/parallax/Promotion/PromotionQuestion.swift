import CommandSupport
import DivergenceStore
import FeatureFlags
import ParallaxCore
import Settings

/// What is asked before a step forward.
struct PromotionQuestion: Sendable {
    /// Records from before say little about now.
    private static let maximumMilliseconds: Int64 = 7 * 86_400_000

    let stores: [DivergenceStore]
    let settings: GateSettings
    /// What the file says now.
    let flags: FlagValues
    let circumstances: GateCircumstances
    let now: Timestamp

    /// What each database says of the latest rollback of its instance.
    func latches() async throws -> [(path: String, latch: RollbackLatch)] {
        var latches: [(String, RollbackLatch)] = []
        for store in stores { latches.append((store.path, try await SQLiteRollbackStore(store: store).loadLatch())) }
        return latches
    }

    /// Asks the gate what the step needs.
    ///
    /// - Parameter since: From when on; `nil` for the beginning of the present phase, seven days ago at the earliest.
    /// - Returns: The report that was judged, with the gate of this step in it, and that gate.
    func ask(since: ReportTime?) async throws -> (report: DivergenceReport, gate: Gate) {
        let since = if let since { since.resolve(now: now) } else { try await beginning() }
        var report = try await DivergenceStore.report(
            of: stores, DivergenceFilter(since: since), maximumAffected: 0)
        let gate = try await DivergenceStore.gate(report, of: stores, settings: settings, circumstances, now: now)
            .asked(for: circumstances.target ?? .distributedOnly)
        report.gate = gate
        return (report, gate)
    }

    private func beginning() async throws -> Timestamp {
        var beginnings: [Timestamp] = []
        for store in stores {
            let changes = try await store.flagHistory(limit: 10_000).map(\.change)
            if let began = PromotionPhase(flags).began(in: changes) { beginnings.append(began) }
        }
        return max(beginnings.min() ?? .init(milliseconds: .min), now + -Self.maximumMilliseconds)
    }
}

extension GateCircumstances {
    /// What a flag file and the settings tell.
    init(flags: FlagStore, target: PromotionPhase? = nil, now: Timestamp) async {
        let health = flags.health
        self.init(
            sharers: await flags.sharers(at: now), strategy: health.state == .ok ? health.file.strategy : nil,
            target: target)
    }
}

extension FlagStore {
    /// The instances that share the file, by the status that each writes next to it.
    fileprivate func sharers(at now: Timestamp) async -> [GateInputs.Sharer] {
        let instances = await instances()
        let text = InstancesText(instances: instances, health: health, now: now)
        return instances.map { applied in
            let agreement = text.agreement(of: applied)
            let deviation: String? =
                switch agreement {
                case .current, .silent: nil
                case .deviating: "is in \(applied.strategy)"
                case .behind: "has not applied it"
                }
            return GateInputs.Sharer(
                name: applied.instance, deviation: deviation, isSilent: agreement == .silent)
        }
    }
}

/// Whether a rollback waits to be acknowledged, and a wait for acknowledgements that are on their way.
///
/// An acknowledgement is given at one place and taken over by the instances of the flag file within a second or two.
struct LatchWait {
    static let timeout: Duration = .seconds(20)
    private static let pause: Duration = .milliseconds(200)

    let question: PromotionQuestion
    let store: FlagStore
    var timeout = Self.timeout
    var clock: any Clock<Duration> = ContinuousClock()

    /// Why no step forward can be taken, with the remedy; `nil` if no rollback waits.
    func obstacle() async throws -> String? {
        var waited = Duration.zero
        while true {
            await store.refresh()
            let latches = try await question.latches()
            guard let waiting = Self.firstWaiting(latches, shared: store.sharedLatch) else { return nil }
            guard let acknowledgement = waiting.acknowledgement, waited < timeout else { return Self.text(waiting) }
            if waited == .zero {
                Terminal.note(
                    "Waiting until \(waiting.place.escapedForTerminal) has the acknowledgement by \(acknowledgement.by.escapedForTerminal)."
                )
            }
            try await clock.sleep(for: Self.pause)
            waited += Self.pause
        }
    }

    struct Waiting: Equatable {
        /// The database, or the folder next to the flag file.
        let place: String
        let firing: RollbackLatch.Firing?
        /// The acknowledgement that is known elsewhere and on its way; `nil` if there is none.
        let acknowledgement: Acknowledgement?
    }

    /// The rollback that keeps from going forward: one without any acknowledgement before one whose acknowledgement is
    /// on its way.
    static func firstWaiting(_ latches: [(path: String, latch: RollbackLatch)], shared: RollbackLatch?) -> Waiting? {
        let places = latches + [("the folder next to the flag file", shared ?? RollbackLatch())]
        let waiting = places.filter(\.1.isLatched).map { place, latch in
            // An acknowledgement next to the file is for all who share it; one in a database for the rollback that it
            // is about.
            let words = [shared].compactMap(\.self).map { latch.acknowledged(alsoBy: $0) }.filter { !$0.isLatched }
                .compactMap(\.acknowledgement)
            let same = places.map(\.1).filter { $0.firing == latch.firing }.compactMap(\.acknowledgement)
            return Waiting(place: place, firing: latch.firing, acknowledgement: words.first ?? same.first)
        }
        return waiting.first { $0.acknowledgement == nil } ?? waiting.first
    }

    static func text(_ waiting: Waiting) -> String {
        let what =
            waiting.firing.map { " by \($0.trigger.rawValue) at \($0.time.text) UTC" } ?? ""
        let head =
            "parallax: a rollback\(what) waits to be acknowledged, and the rollback evaluator does nothing until then"
        guard let acknowledgement = waiting.acknowledgement else {
            return """
                \(head); --force does not help
                  See 'parallax rollback history', then 'parallax rollback acknowledge'.
                """
        }
        return """
            \(head): \(waiting.place.escapedForTerminal) does not have the acknowledgement by \(acknowledgement.by.escapedForTerminal) yet
              Does its instance run, and share the flag file? Otherwise acknowledge there: 'parallax rollback acknowledge --database …'.
            """
    }
}
