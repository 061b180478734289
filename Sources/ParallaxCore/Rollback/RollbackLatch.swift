/// What keeps one rollback from following another: after firing, nothing fires until a named person has cleared it
/// with a reason, and for a while after that.
///
/// It holds facts only, so that it can be stored, read and cleared by another process; the waits come from the settings
/// of the process that reads it. Times are the wall clock's, since it outlives the process.
package struct RollbackLatch: Codable, Equatable, Sendable {
    /// A rollback that took place.
    package struct Firing: Codable, Equatable, Sendable {
        package let trigger: Trigger
        package let time: Timestamp
        /// The evaluation's sentence.
        package let sentence: String
    }

    /// Whether the next rollback may take place.
    package enum State: Equatable, Sendable {
        case armed
        /// Fired, and not cleared yet.
        case latched(Firing)
        /// Cleared a short while ago.
        case holdingOff(until: Timestamp)

        /// Until when no rollback takes place, in words; `nil` if one can.
        ///
        /// - Parameter text: Writes a time, with its zone.
        package func gap(_ text: (Timestamp) -> String) -> String? {
            switch self {
            case .armed: nil
            case .latched(let firing):
                "no automatic rollback until the one by \(firing.trigger.rawValue) at \(text(firing.time)) is acknowledged"
            case .holdingOff(let end):
                "no automatic rollback until \(text(end)), since the last one was acknowledged a short while ago"
            }
        }
    }

    /// Two rollbacks no further apart double the hold-off.
    private static let repeatMilliseconds: Int64 = 24 * 3_600_000

    /// The latest rollback; `nil` if there never was one.
    package private(set) var firing: Firing?
    /// Who cleared it; `nil` while it holds.
    package private(set) var acknowledgement: Acknowledgement?
    /// That the rollback is not in the flag file, so that this instance is held at `legacy`; `nil` if it is in the
    /// file, was acknowledged, or was another instance's.
    package private(set) var hold: FlagHold?
    /// When the rollback before the latest took place.
    private var previousTime: Timestamp?

    package init() {}

    /// Latches.
    ///
    /// - Parameter hold: The hold that stands in for the flag file, which could not be written.
    package mutating func fire(_ evaluation: Evaluation, hold: FlagHold? = nil) {
        self.hold = hold
        previousTime = firing?.time
        firing = Firing(trigger: evaluation.trigger, time: evaluation.time, sentence: evaluation.sentence)
        acknowledgement = nil
    }

    /// Clears the latch.
    ///
    /// - Throws: ``RollbackLatchError`` if nothing is latched.
    package mutating func acknowledge(_ acknowledgement: Acknowledgement) throws(RollbackLatchError) {
        guard isLatched else { throw .notLatched }
        self.acknowledgement = acknowledgement
        hold = nil
    }

    /// Notes that nothing holds this instance any more: the file has taken the hold's place.
    package mutating func releaseHold() { hold = nil }

    /// The same as others who share the flag file may know it: a hold is one instance's own.
    package var withoutHold: RollbackLatch {
        var latch = self
        latch.hold = nil
        return latch
    }

    /// Whether a rollback waits to be acknowledged.
    package var isLatched: Bool { firing != nil && acknowledgement == nil }

    package func state(at now: Timestamp, settings: RollbackSettings) -> State {
        guard let firing else { return .armed }
        guard let acknowledgement else { return .latched(firing) }
        let holdOff = Int64(settings.holdOffSeconds) * 1000 * (isRepeated(firing) ? 2 : 1)
        // A distance and not a sign, so that a wall clock set back by a year holds nothing off for a year.
        guard abs(now - acknowledgement.time) < holdOff else { return .armed }
        return .holdingOff(until: acknowledgement.time + holdOff)
    }

    /// The same with this instance's hold, which lasts for as long as anything is latched.
    func keeping(_ hold: FlagHold?) -> RollbackLatch {
        var latch = self
        latch.hold = isLatched ? hold : nil
        return latch
    }

    private func isRepeated(_ firing: Firing) -> Bool {
        guard let previousTime else { return false }
        return firing.time - previousTime <= RollbackLatch.repeatMilliseconds
    }
}
