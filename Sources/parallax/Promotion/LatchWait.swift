import CommandSupport
import FeatureFlags
import ParallaxCore

/// Whether a rollback waits to be acknowledged, and a wait for acknowledgements that are on their way.
///
/// An acknowledgement is given at one place and taken over by the instances of the flag file within a second or two.
struct LatchWait {
    static let patience: Duration = .seconds(20)
    private static let pause: Duration = .milliseconds(200)

    let question: PromotionQuestion
    let store: FlagStore
    var patience = Self.patience
    var clock: any Clock<Duration> = ContinuousClock()

    /// Why no step forward can be taken, with the remedy; `nil` if no rollback waits.
    func obstacle() async throws -> String? {
        var waited = Duration.zero
        while true {
            await store.refresh()
            let latches = try await question.latches()
            guard let waiting = Self.firstWaiting(latches, shared: store.sharedLatch) else { return nil }
            guard let word = waiting.word, waited < patience else { return Self.text(waiting) }
            if waited == .zero {
                Terminal.note(
                    "Waiting until \(waiting.place.escapedForTerminal) has the acknowledgement by \(word.by.escapedForTerminal)."
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
        let word: Acknowledgement?
    }

    /// The rollback that keeps from going forward: one without any acknowledgement before one whose word is on its way.
    static func firstWaiting(_ latches: [(path: String, latch: RollbackLatch)], shared: RollbackLatch?) -> Waiting? {
        let places = latches + [("the folder next to the flag file", shared ?? RollbackLatch())]
        let waiting = places.filter(\.1.isLatched).map { place, latch in
            // A word next to the file is for all who share it; one in a database for the rollback that it is about.
            let words = [shared].compactMap(\.self).map { latch.acknowledged(alsoBy: $0) }.filter { !$0.isLatched }
                .compactMap(\.acknowledgement)
            let same = places.map(\.1).filter { $0.firing == latch.firing }.compactMap(\.acknowledgement)
            return Waiting(place: place, firing: latch.firing, word: words.first ?? same.first)
        }
        return waiting.first { $0.word == nil } ?? waiting.first
    }

    static func text(_ waiting: Waiting) -> String {
        let what =
            waiting.firing.map { " by \($0.trigger.rawValue) at \(NumberFormat.time($0.time)) UTC" } ?? ""
        let head = "parallax: a rollback\(what) waits to be acknowledged, and the watchdog does nothing until then"
        guard let word = waiting.word else {
            return """
                \(head); --force does not help
                  See 'parallax rollback history', then 'parallax rollback acknowledge'.
                """
        }
        return """
            \(head): \(waiting.place.escapedForTerminal) does not have the acknowledgement by \(word.by.escapedForTerminal) yet
              Does its instance run, and share the flag file? Otherwise acknowledge there: 'parallax rollback acknowledge --database …'.
            """
    }
}
