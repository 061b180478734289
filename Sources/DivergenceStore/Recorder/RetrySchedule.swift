/// When to try again after failed writes: after 1, 2, 4 ... intervals, up to a longest pause.
struct RetrySchedule: Equatable, Sendable {
    private let maximumIntervals: Int
    private var pause = 0
    private var remaining = 0

    init(maximumIntervals: Int) {
        self.maximumIntervals = max(1, maximumIntervals)
    }

    /// One interval has passed.
    ///
    /// - Returns: Whether to try now.
    mutating func tick() -> Bool {
        remaining = max(0, remaining - 1)
        return remaining == 0
    }

    mutating func failed() {
        pause = min(max(1, pause * 2), maximumIntervals)
        remaining = pause
    }

    mutating func succeeded() {
        pause = 0
        remaining = 0
    }
}
