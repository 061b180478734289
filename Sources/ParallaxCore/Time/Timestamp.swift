/// An instant of the wall clock, in whole milliseconds since the Unix epoch.
///
/// Limiters count in milliseconds: finer than any limit needs, and a time fits four bytes in a log that spans weeks.
package struct Timestamp: Hashable, Comparable, Sendable {
    package var milliseconds: Int64

    package init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    /// The first instant that a clock of whole seconds shows at or after this one.
    package var secondsRoundedUp: Int64 {
        let (quotient, remainder) = milliseconds.quotientAndRemainder(dividingBy: 1000)
        return remainder > 0 ? quotient + 1 : quotient
    }

    /// The start of the minute that holds this instant.
    package var startOfMinute: Timestamp {
        let remainder = milliseconds % 60_000
        return Timestamp(milliseconds: milliseconds - (remainder < 0 ? remainder + 60_000 : remainder))
    }

    package static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.milliseconds < right.milliseconds
    }

    package static func + (left: Timestamp, milliseconds: Int64) -> Timestamp {
        Timestamp(milliseconds: left.milliseconds + milliseconds)
    }

    /// The milliseconds from `right` to `left`; negative if `left` is earlier.
    package static func - (left: Timestamp, right: Timestamp) -> Int64 {
        left.milliseconds - right.milliseconds
    }
}

/// Encoded as the bare number of milliseconds.
extension Timestamp: Codable {
    /// Times are subtracted and added to: none that is decoded may be so far away that this overflows.
    private static let decodable: ClosedRange<Int64> = -(1 << 53)...(1 << 53)

    /// - Throws: `DecodingError`, also for a time that is 285,000 years away.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        milliseconds = try container.decode(Int64.self)
        guard Self.decodable.contains(milliseconds) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "must be a time of this era")
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(milliseconds)
    }
}

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
