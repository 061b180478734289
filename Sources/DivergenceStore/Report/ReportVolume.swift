/// How much each side let through, and where that differs: two right limiters admit different requests of one burst,
/// and as many of them.
package struct ReportVolume: Codable, Equatable, Sendable {
    /// Where the volumes of one window differ, over spans of time in which an identity's verdicts differed at all.
    package struct WindowVolume: Codable, Equatable, Sendable {
        package var name: String
        package var durationMilliseconds: Int64
        /// The time over which units are summed: the window's duration, and a minute at least.
        package var spanMilliseconds: Int64
        /// Spans of identities with a verdict that differed.
        package var spans = 0
        /// Those in which the units that the sides accepted differ by more than ``ReportVolume/equalShare`` of the
        /// limit.
        package var differing = 0
        /// Units that the candidate would let through less, and more, in them.
        package var lessUnits = 0
        package var moreUnits = 0
    }

    /// The share of a limit by which volumes may differ and still be called equal.
    package static let equalShare = 0.05

    /// Units that each side accepted, of all compared requests.
    package var controlUnits = 0
    package var candidateUnits = 0
    /// Units that only one side accepted.
    package var controlOnlyUnits = 0
    package var candidateOnlyUnits = 0
    /// Verdicts that differed while, in every window, as much got through: a matter of which request of a burst.
    package var requestsInEqualVolumes = 0
    /// Verdicts that differed where the volume of a window did.
    package var requestsInDifferingVolumes = 0
    /// Verdicts that differed for identities beyond the bound of one minute, counted together: in neither of the two.
    package var requestsOfUncounted = 0
    /// The shortest first.
    package var windows: [WindowVolume] = []

    package init() {}
}
