/// Steps of a clock, seen by how far it is from another one that goes on evenly.
///
/// A value without a clock: distances are passed in. A drift of milliseconds is not a step; the distance is followed.
package struct ClockSteps: Equatable, Sendable {
    /// A step, and when it was noticed.
    package struct Step: Equatable, Sendable {
        package let at: Timestamp
        /// Forwards if positive.
        package let milliseconds: Int64

        package init(at: Timestamp, milliseconds: Int64) {
            self.at = at
            self.milliseconds = milliseconds
        }
    }

    /// Smaller changes of the distance are not steps: readings of two clocks are some time apart.
    package static let minimumMilliseconds: Int64 = 500

    /// Steps since the start.
    package private(set) var count = 0
    /// The latest; `nil` if there was none.
    package private(set) var latest: Step?
    private var distance: Int64?

    package init() {}

    /// Notes how far ahead of the other the clock is.
    ///
    /// - Parameter now: The wall clock now, noted as the time of a step.
    /// - Returns: The step if it is one.
    @discardableResult
    package mutating func note(_ distance: Int64, at now: Timestamp) -> Step? {
        defer { self.distance = distance }
        guard let known = self.distance, abs(distance - known) >= Self.minimumMilliseconds else { return nil }
        let step = Step(at: now, milliseconds: distance - known)
        count += 1
        latest = step
        return step
    }
}
