/// What the gate judges: the inputs of one period, and what the watchdog and people said.
package struct GateInputs: Equatable, Sendable {
    /// One trigger's newest verdict in one database.
    package struct TriggerReading: Equatable, Sendable {
        package var trigger: Trigger
        package var state: TriggerState
        package var time: Timestamp
        package var sentence: String
        /// Until when that database's instances recorded: much later than `time`, the trigger was no longer watched.
        package var recordedUntil: Timestamp
        /// Whether the candidate was asked: in `legacy` only Redis itself can be judged.
        package var isInPlay: Bool
        /// Whether the trigger could fire were something wrong, as its instance judged; `nil` if it did not say.
        package var armed: Bool?
        /// Whether a learned baseline of response times holds, and for how many seconds it still has to be learned if
        /// not.
        package var hasBaseline: Bool
        package var baselineSecondsLeft: Int
        /// Whether response times are compared with those of callers who are held out.
        package var hasHoldout: Bool
        /// When a suspicion ends that is only of the past; `nil` if it is of the present.
        package var clearsAt: Timestamp?
        /// The longest time that callers may wait at the trigger's quantile; `nil` if nothing was compared with it.
        package var limitMilliseconds: Double?

        package init(
            trigger: Trigger, state: TriggerState, time: Timestamp, sentence: String, recordedUntil: Timestamp,
            isInPlay: Bool = true, armed: Bool? = nil, hasBaseline: Bool = false, baselineSecondsLeft: Int = 0,
            hasHoldout: Bool = false, clearsAt: Timestamp? = nil, limitMilliseconds: Double? = nil
        ) {
            self.trigger = trigger
            self.state = state
            self.time = time
            self.sentence = sentence
            self.recordedUntil = recordedUntil
            self.isInPlay = isInPlay
            self.armed = armed
            self.hasBaseline = hasBaseline
            self.baselineSecondsLeft = baselineSecondsLeft
            self.hasHoldout = hasHoldout
            self.clearsAt = clearsAt
            self.limitMilliseconds = limitMilliseconds
        }
    }

    /// An instance that shares the flag file, as it says next to the file.
    package struct Sharer: Equatable, Sendable {
        package var name: String
        /// Why it does not do what the file says, in words; `nil` if it does.
        package var deviation: String?
        /// Whether its status is old: it may have ended.
        package var isSilent: Bool

        package init(name: String, deviation: String? = nil, isSilent: Bool = false) {
            self.name = name
            self.deviation = deviation
            self.isSilent = isSilent
        }
    }

    /// A rollback that still speaks against going on.
    package struct RollbackReading: Equatable, Sendable {
        package var trigger: Trigger
        package var time: Timestamp
        /// A dry run needs no acknowledgement, and speaks for the period that it fell into.
        package var isDryRun: Bool

        package init(trigger: Trigger, time: Timestamp, isDryRun: Bool) {
            self.trigger = trigger
            self.time = time
            self.isDryRun = isDryRun
        }
    }

    /// Minutes that hold any record, and those between the first and the last in which no instance was up.
    package var recordedMinutes = 0
    package var gapMinutes = 0
    package var compared = 0
    /// Requests that the candidate did not answer, by reason.
    package var incomparable: [String: Int] = [:]
    /// The time that 95 of 100 answers of the candidate took at most, in milliseconds; `nil` if none was measured.
    package var candidateMilliseconds: Double?
    package var dropped = 0
    /// Divergences of those causes that no reviewer has settled.
    package var unexplained = 0
    package var lostWrites = 0
    /// Those that a reviewer has settled as expected or accepted.
    package var settledUnexplained = 0
    package var settledLostWrites = 0
    /// Divergences of groups that a reviewer has called a bug, and those groups by name.
    package var bugs = 0
    package var bugGroups: [String] = []
    package var triggers: [TriggerReading] = []
    /// Databases without any verdict of a trigger.
    package var unwatchedDatabases = 0
    package var rollbacks: [RollbackReading] = []
    /// What the flag file says now; `nil` if that is not known.
    package var strategy: Strategy?
    /// The phase that is asked for; `nil` if none is.
    package var target: PromotionPhase?
    /// The last drill of the rollback that went well.
    package var lastDrill: RollbackDrill?
    /// Names of the instances whose records there are.
    package var recordedInstances: Set<String> = []
    /// The instances that share the flag file; `nil` if that is not known.
    package var sharers: [Sharer]?

    package init() {}
}
