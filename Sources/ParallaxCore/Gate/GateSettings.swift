/// What the gate asks for before a migration goes on.
package struct GateSettings: Equatable, Sendable {
    /// Minutes that hold any record.
    package var minimumMinutes = 24 * 60
    package var minimumCompared = 10_000
    /// Divergences without a cause, in percent of what was compared; the share must be below.
    package var unexplainedPercent = 0.1
    /// Minutes between the first and the last in which no instance was up to record, in percent.
    package var gapPercent = 5.0
    /// Requests that were in no figure, in percent of all that both sides were asked about.
    package var droppedPercent = 1.0
    /// Requests that the candidate did not answer, in percent of all that both sides were asked about; in the watch
    /// after the last promotion, answers that had no verdict, in percent of all.
    package var unansweredPercent = 1.0
    /// The least number of instances whose records must be there; 0 for those that share the flag file.
    package var minimumInstances = 0
    /// How long a drill of the rollback holds.
    package var drillDays = 30

    package init() {}
}
