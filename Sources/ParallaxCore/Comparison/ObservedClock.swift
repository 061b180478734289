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

    var hasStepped: Bool { !steps.isEmpty }

    /// Bytes on the heap.
    var heapBytes: Int { steps.isEmpty ? 0 : HeapBytes.array(of: steps.capacity, stride: MemoryLayout<Step>.stride) }

    /// Notes how far ahead it is.
    ///
    /// - Parameters:
    ///   - last: The latest time, of that clock, that was noted before.
    ///   - tolerance: Smaller differences are the way's, not the clock's.
    mutating func note(_ ahead: Int64, after last: Timestamp?, tolerance: Int64) {
        guard let current, let last, abs(ahead - current) > tolerance else {
            if current == nil { current = ahead }
            return
        }
        if steps.count == Self.maximumSteps { steps.removeFirst() }
        steps.append(Step(through: last, ahead: current))
        self.current = ahead
    }

    /// How far ahead it was at a time of its own.
    func ahead(at time: Timestamp) -> Int64 {
        steps.first { time <= $0.through }?.ahead ?? current ?? 0
    }
}
