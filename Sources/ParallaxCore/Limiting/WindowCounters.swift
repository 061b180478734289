/// A legacy algorithm that keeps one small counter a window, none of which knows of the others.
///
/// Conforming types are the counters; ``WindowCounters`` holds one for each window and accepts all or nothing.
package protocol WindowCounter: Sendable {
    /// A counter that has counted nothing.
    init(_ window: Window, at now: Int64)

    /// Lets time pass up to `now`, in milliseconds since the epoch.
    mutating func advance(_ window: Window, to now: Int64)

    /// Units that count against the limit, rounded up.
    func used(_ window: Window, at now: Int64) -> Int

    /// The earliest instant at which `cost` more would fit if nothing else were accepted; `now` if it fits.
    func fits(_ cost: Int, _ window: Window, at now: Int64) -> Int64

    /// The earliest instant at which the remaining units grow; `now` if none are used.
    func reset(_ window: Window, at now: Int64) -> Int64

    mutating func take(_ cost: Int)

    /// Goes on from an earlier time, as the clock has stepped back: what is counted stays, for a window's length at
    /// most.
    mutating func followStepBack(_ window: Window, to now: Int64)
}

/// One identity's counters, one for each window of its policy.
package struct WindowCounters<Counter: WindowCounter>: LimiterState {
    private var windows: [Window] = []
    private var counters: [Counter] = []
    /// The latest time seen: counters run backwards only if a clock has stepped back.
    private var latest: Int64 = .min

    package init() {}

    package var heapBytes: Int {
        64 + windows.capacity * MemoryLayout<Window>.stride + counters.capacity * MemoryLayout<Counter>.stride
    }

    package mutating func decide(_ policy: Policy, cost: Int, at now: Timestamp) -> Decision {
        let ahead = latest > now.milliseconds ? latest - now.milliseconds : 0
        let hasSteppedBack = ahead > Clocks.stepMilliseconds
        latest = hasSteppedBack ? now.milliseconds : max(latest, now.milliseconds)
        adopt(policy)
        if hasSteppedBack {
            for index in counters.indices { counters[index].followStepBack(windows[index], to: latest) }
        }
        var worst: (window: Window, fitsAt: Int64)?
        for index in counters.indices {
            counters[index].advance(windows[index], to: latest)
            let fitsAt = counters[index].fits(cost, windows[index], at: latest)
            if fitsAt > latest, fitsAt > worst?.fitsAt ?? .min { worst = (windows[index], fitsAt) }
        }
        if worst == nil {
            for index in counters.indices { counters[index].take(cost) }
        }
        let states = counters.indices.map { index in
            WindowState(
                window: windows[index], used: counters[index].used(windows[index], at: latest),
                reset: Timestamp(milliseconds: counters[index].reset(windows[index], at: latest)))
        }
        return Decision(
            outcome: worst.map { .limited(by: $0.window.name) } ?? .allowed, windows: states,
            retryAfterMilliseconds: worst.map { $0.fitsAt - now.milliseconds } ?? 0, judgedAt: now,
            stepBackMilliseconds: ahead)
    }

    package func look(_ policy: Policy, cost: Int, at now: Timestamp) -> Decision {
        var copy = self
        return copy.decide(policy, cost: cost, at: now)
    }

    /// Keeps the counters of windows that the policy still has, with their new limits, and starts the others again.
    private mutating func adopt(_ policy: Policy) {
        guard windows != policy.windows else { return }
        counters = policy.windows.map { window in
            let known = windows.firstIndex {
                $0.name == window.name && $0.durationMilliseconds == window.durationMilliseconds
            }
            return known.map { counters[$0] } ?? Counter(window, at: latest)
        }
        windows = policy.windows
    }
}

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

/// A bucket that holds up to the limit and refills steadily, the whole limit in one duration.
///
/// Counted in whole numbers: a unit is worth the duration in parts, and each millisecond brings back `limit` parts.
/// So no rounding error builds up.
package struct TokenBucketCounter: WindowCounter {
    /// Parts taken and not yet refilled: units times the duration in milliseconds.
    private var takenParts: Int64 = 0
    /// The time that the refill stands at, in milliseconds since the epoch.
    private var refilledTo: Int64
    private let partsPerUnit: Int64

    package init(_ window: Window, at now: Int64) {
        refilledTo = now
        partsPerUnit = window.durationMilliseconds
    }

    package mutating func advance(_ window: Window, to now: Int64) {
        let elapsed = min(now - refilledTo, window.durationMilliseconds)
        takenParts = max(0, takenParts - elapsed * Int64(window.limit))
        refilledTo = now
    }

    package func used(_ window: Window, at now: Int64) -> Int {
        Int((takenParts + partsPerUnit - 1) / partsPerUnit)
    }

    package func fits(_ cost: Int, _ window: Window, at now: Int64) -> Int64 {
        let excess = takenParts + Int64(cost) * partsPerUnit - Int64(window.limit) * partsPerUnit
        return excess <= 0 ? now : now + milliseconds(toRefill: excess, window)
    }

    package func reset(_ window: Window, at now: Int64) -> Int64 {
        guard takenParts > 0 else { return now }
        let used = Int64(used(window, at: now))
        // One unit more remains once the parts above the next whole unit, or above an overdrawn limit, are refilled.
        let target = min(used - 1, Int64(window.limit) - 1) * partsPerUnit
        return now + milliseconds(toRefill: takenParts - target, window)
    }

    package mutating func take(_ cost: Int) { takenParts += Int64(cost) * partsPerUnit }

    package mutating func followStepBack(_ window: Window, to now: Int64) { refilledTo = now }

    private func milliseconds(toRefill parts: Int64, _ window: Window) -> Int64 {
        (parts + Int64(window.limit) - 1) / Int64(window.limit)
    }
}
