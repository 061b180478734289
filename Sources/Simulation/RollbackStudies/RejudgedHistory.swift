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
        var place: EvaluationCursor?
        repeat {
            try Task.checkCancellation()
            let page = try await store.evaluations(after: place, since: since, until: until)
            for evaluation in page.evaluations { history.add(evaluation) }
            place = page.next
        } while place != nil
        return history
    }
}

/// A time in which every evaluation of one trigger fired.
package struct FiringEpisode: Equatable, Sendable {
    /// The evaluation it began with.
    package let first: Evaluation
    /// When it fired last.
    package private(set) var end: Timestamp
    package private(set) var evaluations: Int
    /// Whether the candidate was in play at any time of it: otherwise there was nothing to roll back.
    package private(set) var isInPlay: Bool

    init(_ first: Evaluation) {
        self.first = first
        end = first.time
        evaluations = 1
        isInPlay = first.isInPlay
    }

    package var trigger: Trigger { first.trigger }

    mutating func extend(_ evaluation: Evaluation) {
        end = evaluation.time
        evaluations += 1
        isInPlay = isInPlay || evaluation.isInPlay
    }

    /// Whether the two have a time in common, for the same trigger.
    package func overlaps(_ other: FiringEpisode) -> Bool {
        trigger == other.trigger && first.time <= other.end && other.first.time <= end
    }
}

/// Finds the episodes in evaluations that come in the order of their times.
struct FiringEpisodes: Equatable, Sendable {
    private(set) var all: [FiringEpisode] = []
    /// The place of each trigger's episode that still goes on.
    private var open: [Trigger: Int] = [:]

    mutating func add(_ evaluation: Evaluation) {
        guard evaluation.state == .firing else {
            open[evaluation.trigger] = nil
            return
        }
        if let place = open[evaluation.trigger] {
            all[place].extend(evaluation)
        } else {
            open[evaluation.trigger] = all.count
            all.append(FiringEpisode(evaluation))
        }
    }
}
