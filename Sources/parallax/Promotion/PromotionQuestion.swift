import DivergenceStore
import ParallaxCore

/// What is asked before a step forward.
struct PromotionQuestion: Sendable {
    /// Records from before say little about now.
    private static let longestMilliseconds: Int64 = 7 * 86_400_000

    let stores: [DivergenceStore]
    let settings: GateSettings
    /// What the file says now.
    let flags: FlagValues
    let circumstances: GateCircumstances
    let now: Timestamp

    /// What each database says of the latest rollback of its instance.
    func latches() async throws -> [(path: String, latch: RollbackLatch)] {
        var latches: [(String, RollbackLatch)] = []
        for store in stores { latches.append((store.path, try await StoredRollbackRecord(store: store).loadLatch())) }
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
        return max(beginnings.min() ?? .init(milliseconds: .min), now + -Self.longestMilliseconds)
    }
}
