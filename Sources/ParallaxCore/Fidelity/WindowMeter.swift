/// What a modelled limiter has counted for one window of one identity. None knows of the others.
///
/// Times are the limiter's own, in milliseconds since the epoch. Whole numbers only, so that no rounding error builds up:
/// in a bucket a unit is worth the duration in parts, and each millisecond gives back `limit` parts.
struct WindowMeter: Sendable {
    /// The start of the fixed window or bucket counted in; for token and leaky buckets the time of the last unit.
    private var start: Int64
    /// Units, or parts of a token or leaky bucket at `start`.
    private var current: Int64 = 0
    /// Units of the bucket before; only sliding counters have one.
    private var previous: Int64 = 0
    /// Only a sliding log has any.
    private var recent = RecentUnits()

    /// A meter that has counted nothing.
    ///
    /// - Parameter anchor: A start of fixed windows: 0 for the epoch.
    init(_ model: ControlModel, _ window: Window, anchor: Int64, at now: Int64) {
        start = Self.start(model, window, anchor: anchor, at: now)
    }

    var heapBytes: Int { recent.heapBytes }

    /// Lets time pass.
    mutating func advance(_ model: ControlModel, _ window: Window, anchor: Int64, to now: Int64) {
        let duration = window.durationMilliseconds
        switch model.counting {
        case .slidingLog, .tokenBucket, .leakyBucket: return
        case .fixedWindow:
            guard now >= start + duration else { return }
        case .slidingCounter:
            guard now >= start + duration else { return }
            previous = now < start + 2 * duration ? current : 0
        }
        current = 0
        start = Self.start(model, window, anchor: anchor, at: now)
    }

    /// Units that count against the limit, rounded as the limiter rounds.
    func used(_ model: ControlModel, _ window: Window, at now: Int64) -> Int {
        switch model.counting {
        case .slidingLog: return recent.used(window, at: now)
        case .fixedWindow: return Int(current)
        case .slidingCounter(let roundsDown):
            let duration = window.durationMilliseconds
            return Int(current + (previous * (duration - (now - start)) + (roundsDown ? 0 : duration - 1)) / duration)
        case .tokenBucket, .leakyBucket:
            let free = max(0, capacity(model, window) - parts(model, window, at: now)) / window.durationMilliseconds
            return max(0, window.limit - Int(free))
        }
    }

    /// The earliest instant at which `cost` more would fit if nothing else were accepted; `now` if it fits.
    func fits(_ cost: Int, _ model: ControlModel, _ window: Window, at now: Int64) -> Int64 {
        switch model.counting {
        case .slidingLog: return recent.fits(cost, window, at: now)
        case .fixedWindow:
            return current + Int64(cost) <= window.limit ? now : start + window.durationMilliseconds
        case .slidingCounter(let roundsDown):
            return instant(atWhichUsed: Int64(window.limit - cost), roundsDown, window, at: now)
        case .tokenBucket, .leakyBucket:
            let needed = Int64(cost) * window.durationMilliseconds
            return instant(
                atWhichParts: max(capacity(model, window), needed) - needed, model, window, at: now)
        }
    }

    /// The earliest instant at which the remaining units grow; `now` if none are used.
    func reset(_ model: ControlModel, _ window: Window, at now: Int64) -> Int64 {
        let used = used(model, window, at: now)
        guard used > 0 else { return now }
        switch model.counting {
        case .slidingLog: return recent.reset(window, at: now)
        case .fixedWindow: return start + window.durationMilliseconds
        case .slidingCounter(let roundsDown):
            return instant(atWhichUsed: Int64(min(used, window.limit) - 1), roundsDown, window, at: now)
        case .tokenBucket, .leakyBucket:
            guard parts(model, window, at: now) > 0 else { return now }
            let wanted = Int64(max(0, window.limit - used) + 1) * window.durationMilliseconds
            return instant(atWhichParts: max(0, capacity(model, window) - wanted), model, window, at: now)
        }
    }

    /// Counts units.
    mutating func take(_ cost: Int, _ model: ControlModel, _ window: Window, at now: Int64) {
        guard cost > 0 else { return }
        switch model.counting {
        case .slidingLog: recent.take(cost, window, at: now)
        case .fixedWindow(.firstHit):
            if current == 0 { start = now }
            current += Int64(cost)
        case .fixedWindow, .slidingCounter: current += Int64(cost)
        case .tokenBucket, .leakyBucket:
            let parts = parts(model, window, at: now)
            // A real bucket never holds more than its capacity: what a report proves accepted had room.
            current = min(
                parts + Int64(cost) * window.durationMilliseconds,
                max(parts, capacity(model, window), Int64(cost) * window.durationMilliseconds))
            start = now
        }
    }

    /// Goes on from an earlier time, as the clock has stepped back: what is counted stays, for a window's length at most.
    mutating func followStepBack(_ model: ControlModel, _ window: Window, anchor: Int64, to now: Int64) {
        start = Self.start(model, window, anchor: anchor, at: now)
        recent.followStepBack(to: now)
    }

    private static func start(_ model: ControlModel, _ window: Window, anchor: Int64, at now: Int64) -> Int64 {
        switch model.counting {
        case .fixedWindow(.firstHit), .slidingLog, .tokenBucket, .leakyBucket: return now
        case .fixedWindow, .slidingCounter:
            let phase = (now - anchor) % window.durationMilliseconds
            return now - (phase < 0 ? phase + window.durationMilliseconds : phase)
        }
    }
}

// MARK: Buckets
extension WindowMeter {
    private func capacity(_ model: ControlModel, _ window: Window) -> Int64 {
        guard case .leakyBucket(let burst, _) = model.counting else {
            return Int64(window.limit) * window.durationMilliseconds
        }
        return Int64(burst + 1) * window.durationMilliseconds
    }

    /// Parts in the bucket. A limiter with whole seconds gives back whole units, and forgets the rest with the next unit.
    private func parts(_ model: ControlModel, _ window: Window, at now: Int64) -> Int64 {
        let elapsed = max(0, now - start)
        guard elapsed <= current / Int64(window.limit) else { return 0 }
        var given = elapsed * Int64(window.limit)
        if model.hasWholeSeconds { given -= given % window.durationMilliseconds }
        return max(0, current - given)
    }

    /// The earliest instant from `now` on at which the bucket holds at most so many parts.
    private func instant(atWhichParts target: Int64, _ model: ControlModel, _ window: Window, at now: Int64) -> Int64 {
        guard parts(model, window, at: now) > target else { return now }
        var needed = current - target
        if model.hasWholeSeconds {
            needed += window.durationMilliseconds - 1
            needed -= needed % window.durationMilliseconds
        }
        return start + (needed + Int64(window.limit) - 1) / Int64(window.limit)
    }
}

// MARK: Sliding counters
extension WindowMeter {
    /// The earliest instant from `now` on at which at most `target` units are used and nothing more is accepted.
    private func instant(atWhichUsed target: Int64, _ roundsDown: Bool, _ window: Window, at now: Int64) -> Int64 {
        let duration = window.durationMilliseconds
        if current <= target {
            let elapsed = Self.elapsed(untilWeightOf: previous, isAtMost: target - current, roundsDown, duration)
            if elapsed < duration || previous == 0 { return max(now, start + elapsed) }
        }
        // The current bucket becomes the previous one, and fades in its turn.
        return max(now, start + duration + Self.elapsed(untilWeightOf: current, isAtMost: target, roundsDown, duration))
    }

    /// Milliseconds into a bucket after which `count` units of the bucket before it weigh at most `room`.
    private static func elapsed(
        untilWeightOf count: Int64, isAtMost room: Int64, _ roundsDown: Bool, _ duration: Int64
    ) -> Int64 {
        guard count > room else { return 0 }
        return max(0, duration - (room * duration + (roundsDown ? duration - 1 : 0)) / count)
    }
}
