package import DivergenceStore
package import ParallaxCore

/// Stored evaluations as some other settings would have judged them, next to how they were judged.
package struct RejudgedHistory: Equatable, Sendable {
    /// What one trigger's evaluations came to.
    package struct Counts: Equatable, Sendable {
        package var evaluations = 0
        /// Evaluations whose state would have been another.
        package var changed = 0
        /// Evaluations whose figures do not tell; they are taken as they were.
        package var unknown = 0

        package init() {}
    }

    package let changes: RollbackSettings.Changes
    package private(set) var counts: [Trigger: Counts] = [:]
    /// The times of the first and the last evaluation; `nil` without any.
    package private(set) var first: Timestamp?
    package private(set) var last: Timestamp?
    private var storedEpisodes = FiringEpisodes()
    private var newEpisodes = FiringEpisodes()

    package init(changes: RollbackSettings.Changes) {
        self.changes = changes
    }

    /// When triggers fired.
    package var fired: [FiringEpisode] { storedEpisodes.all }
    /// When they would have.
    package var wouldFire: [FiringEpisode] { newEpisodes.all }

    /// Takes in the next evaluation, in the order of their times.
    package mutating func add(_ evaluation: Evaluation) {
        first = first ?? evaluation.time
        last = evaluation.time
        var counts = counts[evaluation.trigger] ?? Counts()
        counts.evaluations += 1
        let known = evaluation.rejudged(with: changes)
        if known == nil { counts.unknown += 1 }
        let rejudged = known ?? evaluation
        if rejudged.state != evaluation.state { counts.changed += 1 }
        self.counts[evaluation.trigger] = counts
        storedEpisodes.add(evaluation)
        newEpisodes.add(rejudged)
    }

    /// Judges what a database holds of a time.
    ///
    /// - Throws: ``DivergenceStoreError``.
    package static func read(
        _ store: DivergenceStore, since: Timestamp?, until: Timestamp?, changes: RollbackSettings.Changes
    ) async throws -> RejudgedHistory {
        var history = RejudgedHistory(changes: changes)
        var place: EvaluationPlace?
        repeat {
            try Task.checkCancellation()
            let page = try await store.evaluations(after: place, since: since, until: until)
            for evaluation in page.evaluations { history.add(evaluation) }
            place = page.next
        } while place != nil
        return history
    }
}
