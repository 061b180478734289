/// How far ahead of this instance's clock another was, as it stepped.
struct ObservedClock: Sendable {
    private struct Step: Sendable {
        /// The last time, of that clock, to which this held.
        let through: Timestamp
        let ahead: Int64
    }

    /// Steps are kept up to this many: a clock that steps all the time says nothing.
    private static let maximumSteps = 8

    private var current: Int64?
    private var steps: [Step] = []
    /// When one of the two clocks was last seen to have stepped, by the instance's.
    private var steppedAt: Timestamp?

    var hasStepped: Bool { steppedAt != nil }

    /// Whether one of the two clocks stepped within a time before; a step back of the instance's clock lies ahead of it.
    func hasStepped(within milliseconds: Int64, before time: Timestamp) -> Bool {
        steppedAt.map { time - $0 < milliseconds } ?? false
    }

    /// Bytes on the heap.
    var heapBytes: Int { steps.isEmpty ? 0 : HeapBytes.array(of: steps.capacity, stride: MemoryLayout<Step>.stride) }

    /// Notes how far ahead it is.
    ///
    /// - Parameters:
    ///   - time: The instance's time.
    ///   - last: The latest time, of that clock, that was noted before.
    ///   - tolerance: Smaller differences are the way's, not the clock's.
    mutating func note(_ ahead: Int64, at time: Timestamp, after last: Timestamp?, tolerance: Int64) {
        if let steppedAt, steppedAt > time { self.steppedAt = time }
        guard let current, let last, abs(ahead - current) > tolerance else {
            if current == nil { current = ahead }
            return
        }
        steppedAt = time
        // After a step back what was noted of later times is of a time that did not come.
        steps.removeAll { $0.through >= time + ahead }
        if steps.count == Self.maximumSteps { steps.removeFirst() }
        steps.append(Step(through: last, ahead: current))
        self.current = ahead
    }

    /// How far ahead it was at a time of its own.
    func ahead(at time: Timestamp) -> Int64 {
        steps.first { time <= $0.through }?.ahead ?? current ?? 0
    }
}

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
