package import ParallaxCore

/// How long it took to roll back a service that needed it, over many runs.
package struct Detection: Equatable, Sendable {
    package let service: ModelledService
    package let condition: CandidateCondition
    /// When the condition held; `nil` if it lasted.
    package var loop: CrashLoop?
    /// The most seconds that half of the runs may take; `nil` if the figure only helps to read the others.
    package let barSeconds: Int?
    package let runs: Int
    /// Seconds from the beginning of the fault to the rollback, in ascending order; without the runs that saw none.
    package let delays: [Int]
    /// How many runs each trigger ended.
    package let triggers: [Trigger: Int]

    /// `nil` if fewer than half of the runs saw a rollback.
    package var medianSeconds: Int? { quantile(0.5) }
    package var p95Seconds: Int? { quantile(0.95) }

    package var verdict: StudyVerdict? {
        barSeconds.map { bar in medianSeconds.map { $0 <= bar } ?? false ? .met : .missed }
    }

    /// The delay that a share of all runs does not exceed; those without a rollback count as endless.
    private func quantile(_ share: Double) -> Int? {
        let rank = Int((share * Double(runs)).rounded(.up))
        return (1...delays.count + 1).contains(rank) && rank <= delays.count ? delays[rank - 1] : nil
    }
}
