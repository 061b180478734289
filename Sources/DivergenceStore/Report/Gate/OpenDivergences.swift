/// Divergences that speak against going on, and those of them that reviewers have settled. Whatever kind or cause a report
/// is narrowed to, these are of all.
package struct OpenDivergences: Codable, Equatable, Sendable {
    package var unexplained = 0
    package var lostWrites = 0
    /// Settled as expected or accepted.
    package var settledUnexplained = 0
    package var settledLostWrites = 0
    /// Of groups that were settled as a bug, and those groups in words.
    package var bugs = 0
    package var bugGroups: [String] = []

    package init() {}
}
