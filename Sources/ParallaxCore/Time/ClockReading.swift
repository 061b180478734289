/// One instant as two clocks show it.
///
/// Windows and waits are measured on the steady clock, so that a step of the wall clock neither fires a trigger nor
/// hides an outage; what people read, and what outlives the process, carries the wall clock's time.
package struct ClockReading: Hashable, Sendable {
    /// Milliseconds on a monotonic clock that goes on while the machine sleeps, from an origin that stays the
    /// same while the process runs.
    package let steadyMilliseconds: Int64
    /// The time of day.
    package let wall: Timestamp

    package init(steadyMilliseconds: Int64, wall: Timestamp) {
        self.steadyMilliseconds = steadyMilliseconds
        self.wall = wall
    }

    /// The whole second of the steady clock that holds this instant.
    package var second: Int64 {
        let (quotient, remainder) = steadyMilliseconds.quotientAndRemainder(dividingBy: 1000)
        return remainder < 0 ? quotient - 1 : quotient
    }
}

extension ClockReading {
    /// Makes a reader of this machine's clocks; all its readings share one origin.
    package static func makeReader() -> @Sendable () -> ClockReading {
        let origin = ContinuousClock.now
        return {
            ClockReading(
                steadyMilliseconds: Int64((ContinuousClock.now - origin) / .milliseconds(1)), wall: .now())
        }
    }
}
