/// One counter, set back at multiples of the window's duration since the epoch.
package struct FixedWindowCounter: WindowCounter {
    /// The start of the window counted in, in milliseconds since the epoch.
    private var start: Int64
    private var count = 0

    package init(_ window: Window, at now: Int64) {
        start = now - now % window.durationMilliseconds
    }

    package mutating func advance(_ window: Window, to now: Int64) {
        guard now >= start + window.durationMilliseconds else { return }
        start = now - now % window.durationMilliseconds
        count = 0
    }

    package func used(_ window: Window, at now: Int64) -> Int { count }

    package func fits(_ cost: Int, _ window: Window, at now: Int64) -> Int64 {
        count + cost <= window.limit ? now : start + window.durationMilliseconds
    }

    package func reset(_ window: Window, at now: Int64) -> Int64 {
        count == 0 ? now : start + window.durationMilliseconds
    }

    package mutating func take(_ cost: Int) { count += cost }

    package mutating func followStepBack(_ window: Window, to now: Int64) {
        start = now - now % window.durationMilliseconds
    }
}
