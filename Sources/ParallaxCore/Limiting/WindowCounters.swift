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
