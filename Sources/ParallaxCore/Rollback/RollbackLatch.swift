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

/// Latches of instances that share a flag file, put together.
extension RollbackLatch {
    /// This latch, cleared also by the word that another holds.
    ///
    /// A word counts for the rollback that it was given for, and for all that took place before it: instances that share a
    /// file are often rolled back by the same outage, and one person answers for them all. Across instances that is as
    /// exact as their clocks agree; where they do not, a rollback stays latched until it is acknowledged once more.
    package func acknowledged(alsoBy other: RollbackLatch) -> RollbackLatch {
        guard let firing, acknowledgement == nil, let word = other.acknowledgement else { return self }
        guard other.firing == firing || word.time >= firing.time else { return self }
        var latch = self
        try? latch.acknowledge(word)
        return latch
    }

    /// The word that clears a rollback of some instance that shares this latch; `nil` if it waits, or its word was replaced
    /// by that of a later one.
    package func acknowledgement(of time: Timestamp) -> Acknowledgement? {
        guard let firing, let acknowledgement, time <= max(firing.time, acknowledgement.time) else { return nil }
        return acknowledgement
    }

    /// What an instance holds once it knows the latch that all share: the later rollback, with the acknowledgement of
    /// either, and its own hold.
    package func merged(with shared: RollbackLatch) -> RollbackLatch {
        guard let theirs = shared.firing else { return self }
        guard let ours = firing, ours.time > theirs.time || ours == theirs else {
            return shared.acknowledged(alsoBy: self).keeping(hold ?? shared.hold)
        }
        return acknowledged(alsoBy: shared)
    }
}

extension Acknowledgement {
    /// The longest name or reason, in bytes of UTF-8.
    package static let maximumBytes = OneLineText.maximumBytes

    /// Makes an acknowledgement of what a person sent.
    ///
    /// - Throws: ``RollbackLatchError`` naming the part that is empty, too long or not one line of text.
    package init(validating by: String, reason: String, time: Timestamp) throws(RollbackLatchError) {
        try Acknowledgement.check(by, part: "name")
        try Acknowledgement.check(reason, part: "reason")
        self.init(time: time, by: by, reason: reason)
    }

    private static func check(_ text: String, part: String) throws(RollbackLatchError) {
        switch OneLineText.problem(in: text) {
        case nil: return
        case .empty: throw .empty(part: part)
        case .tooLong(let bytes): throw .tooLong(part: part, bytes: bytes)
        case .controlCharacters: throw .controlCharacters(part: part)
        }
    }
}

/// Why a rollback's latch was not cleared. The remedy is the caller's.
package enum RollbackLatchError: Error, Equatable, CustomStringConvertible {
    case notLatched
    case empty(part: String)
    case tooLong(part: String, bytes: Int)
    case controlCharacters(part: String)

    package var description: String {
        switch self {
        case .notLatched: "there is no rollback to acknowledge: none took place, or it was acknowledged already"
        case .empty(let part): "an acknowledgement needs a \(part); it is kept with the rollback"
        case .tooLong(let part, let bytes):
            "the \(part) has \(bytes) bytes; at most \(Acknowledgement.maximumBytes) are allowed"
        case .controlCharacters(let part): "the \(part) holds control characters, such as a line break; leave them out"
        }
    }
}

/// A rollback that is not in the flag file and holds this instance, and no other, at `legacy`.
///
/// It outlives the process with the latch, so that neither a restart nor an edit of the file undoes a rollback. It ends
/// when the latch is acknowledged, when the file says `legacy`, or when a person sets another strategy or share with a
/// command of ours.
package struct FlagHold: Codable, Equatable, Sendable {
    /// What the file said when the hold began.
    package let strategy: Strategy
    package let enforcementPercent: Double
    /// When the file's declaration said then that it was changed last; `nil` without one.
    package let declaredAt: Timestamp?

    package init(values: FlagValues, declaredAt: Timestamp?) {
        strategy = values.strategy
        enforcementPercent = values.enforcementPercent
        self.declaredAt = declaredAt
    }
}
