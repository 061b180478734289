import ParallaxCore

/// How far time has certainly come, for deciding what is old enough to be deleted: a wall clock that was set ahead must
/// delete nothing.
///
/// Time goes on from what earlier processes reached, as the steady clock does. The wall clock is believed within a
/// tolerance of that, or if Redis's clock agrees with it. So after a long stop without Redis more is kept than the retention
/// asks for, and never less.
struct RetentionClock: Equatable, Sendable {
    /// What a wall clock may be ahead and still be believed: a restart, a leap, a correction.
    static let toleranceMilliseconds: Int64 = 3_600_000

    /// How far time has come; never goes back.
    private(set) var reached: Timestamp
    /// By how many milliseconds the wall clock was too far ahead to be believed, if the last reading was the first of that.
    private(set) var news: Int64?
    private var isAhead = false
    private var elapsed: Duration = .zero

    /// - Parameters:
    ///   - reached: What earlier processes reached; `nil` if there were none.
    ///   - start: The wall clock at the start of this process.
    init(reached: Timestamp?, start: Timestamp) {
        self.reached = reached ?? start
    }

    /// Takes in what the clocks say now.
    ///
    /// - Parameters:
    ///   - elapsed: By the steady clock, since the start.
    ///   - redisOffsetMilliseconds: How far Redis's clock is ahead of the wall clock; `nil` if it was not asked lately.
    /// - Returns: The time to reckon the retention from: never later than the wall clock.
    mutating func read(wall: Timestamp, elapsed: Duration, redisOffsetMilliseconds: Int64?) -> Timestamp {
        reached = reached + Int64((elapsed - self.elapsed) / .milliseconds(1))
        self.elapsed = elapsed
        let ahead = wall - reached
        let agrees = redisOffsetMilliseconds.map { abs($0) <= Self.toleranceMilliseconds } ?? false
        let isBelieved = ahead <= Self.toleranceMilliseconds || agrees
        if isBelieved { reached = max(reached, wall) }
        news = isBelieved || isAhead ? nil : ahead
        isAhead = !isBelieved
        return min(wall, reached)
    }
}
