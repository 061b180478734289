/// Two counters, of the current bucket and the one before, the latter weighted by how much of it the window still
/// overlaps: the approximation that many gateways use (described by Cloudflare, "How we built rate limiting", 2017).
package struct SlidingCounter: WindowCounter {
    /// The start of the current bucket, in milliseconds since the epoch.
    private var start: Int64
    private var current: Int64 = 0
    private var previous: Int64 = 0

    package init(_ window: Window, at now: Int64) {
        start = now - now % window.durationMilliseconds
    }

    package mutating func advance(_ window: Window, to now: Int64) {
        let duration = window.durationMilliseconds
        guard now >= start + duration else { return }
        previous = now < start + 2 * duration ? current : 0
        current = 0
        start = now - now % duration
    }

    package func used(_ window: Window, at now: Int64) -> Int {
        Int(
            current + (previous * overlap(window, at: now) + window.durationMilliseconds - 1)
                / window.durationMilliseconds)
    }

    /// Milliseconds of the previous bucket that the window still covers.
    private func overlap(_ window: Window, at now: Int64) -> Int64 { window.durationMilliseconds - (now - start) }

    package func fits(_ cost: Int, _ window: Window, at now: Int64) -> Int64 {
        instant(atWhichUsed: Int64(window.limit - cost), window, at: now)
    }

    package func reset(_ window: Window, at now: Int64) -> Int64 {
        let used = Int64(used(window, at: now))
        return used == 0 ? now : instant(atWhichUsed: min(used - 1, Int64(window.limit) - 1), window, at: now)
    }

    package mutating func take(_ cost: Int) { current += Int64(cost) }

    package mutating func followStepBack(_ window: Window, to now: Int64) {
        start = now - now % window.durationMilliseconds
    }

    /// The earliest instant from `now` on at which at most `target` units are used and nothing more is accepted.
    private func instant(atWhichUsed target: Int64, _ window: Window, at now: Int64) -> Int64 {
        let duration = window.durationMilliseconds
        if current <= target, previous == 0 { return now }
        if current <= target {
            let elapsed = elapsed(untilWeightOf: previous, isAtMost: target - current, duration)
            if elapsed < duration { return max(now, start + elapsed) }
        }
        // The current bucket becomes the previous one, and fades in its turn.
        return max(now, start + duration + elapsed(untilWeightOf: current, isAtMost: target, duration))
    }

    /// Milliseconds into a bucket after which `count` units of the bucket before it weigh at most `room`.
    private func elapsed(untilWeightOf count: Int64, isAtMost room: Int64, _ duration: Int64) -> Int64 {
        count <= room ? 0 : duration - room * duration / count
    }
}
