/// How differently long the candidate's decisions about one identity took, as seen on its own clock.
struct ObservedDelays: Sendable {
    private var least: Int64 = 0
    private var most: Int64 = 0
    /// When what is known began; `nil` if nothing is.
    private var since: Timestamp?

    /// The largest difference between two of them.
    var spreadMilliseconds: Int64 { most - least }

    /// Notes how far ahead of the instance's time of the request the candidate's time of its decision was.
    ///
    /// - Parameters:
    ///   - time: The instance's time of the request.
    ///   - durationMilliseconds: What is known begins again after so long: one late answer says nothing of all times to come.
    ///   - tolerance: A larger difference is a step of a clock: what was noted before says nothing then.
    mutating func note(_ ahead: Int64, at time: Timestamp, keeping durationMilliseconds: Int64, tolerance: Int64) {
        guard let since, time - since < durationMilliseconds, abs(ahead - least) <= tolerance,
            abs(ahead - most) <= tolerance
        else {
            (least, most, since) = (ahead, ahead, time)
            return
        }
        (least, most) = (min(least, ahead), max(most, ahead))
    }
}
