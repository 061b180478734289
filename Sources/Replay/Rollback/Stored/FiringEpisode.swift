package import ParallaxCore

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
