/// How differently long the candidate's decisions about one identity took, as seen on its own clock.
struct ObservedDelays: Sendable {
    private var least: Int64 = 0
    private var most: Int64 = 0
    private var isEmpty = true

    /// The largest difference between two of them.
    var spreadMilliseconds: Int64 { most - least }

    /// Notes how far ahead of the instance's time of the request the candidate's time of its decision was.
    ///
    /// - Parameter tolerance: A larger difference is a step of a clock: what was noted before says nothing then.
    mutating func note(_ ahead: Int64, tolerance: Int64) {
        guard !isEmpty, abs(ahead - least) <= tolerance, abs(ahead - most) <= tolerance else {
            (least, most, isEmpty) = (ahead, ahead, false)
            return
        }
        (least, most) = (min(least, ahead), max(most, ahead))
    }
}
