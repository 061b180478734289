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
    /// How long a drill of the rollback holds.
    package var drillDays = 30

    package init() {}
}
