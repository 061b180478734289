/// What the gate judges: the figures of one period, and what the watchdog and people said.
package struct GateFigures: Equatable, Sendable {
    /// One trigger's newest verdict in one database.
    package struct TriggerReading: Equatable, Sendable {
        package var trigger: Trigger
        package var state: TriggerState
        package var time: Timestamp
        package var sentence: String
        /// Until when that database's instances recorded: much later than `time`, the trigger was no longer watched.
        package var recordedUntil: Timestamp

        package init(
            trigger: Trigger, state: TriggerState, time: Timestamp, sentence: String, recordedUntil: Timestamp
        ) {
            self.trigger = trigger
            self.state = state
            self.time = time
            self.sentence = sentence
            self.recordedUntil = recordedUntil
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
    package var incomparable = 0
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
    /// When the rollback was last drilled with success.
    package var lastDrill: Timestamp?

    package init() {}
}
