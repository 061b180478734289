/// The times of one identity's accepted units, oldest first: the one definition of the limit that both sides share.
///
/// Kept as four bytes a unit, in milliseconds after a base time. The log stays in order even where a clock steps
/// back: a decision is made at the caller's time or at the newest unit's, whichever is later.
package struct SlidingLog: Sendable {
    /// The time that the offsets count from, in milliseconds since the epoch.
    private var base: Int64 = 0
    /// Milliseconds after `base`, never falling; those before `head` are dead.
    private var offsets: [UInt32] = []
    private var head = 0

    package init() {}

    /// Units logged, those that have left every window included until the next acceptance.
    package var count: Int { offsets.count - head }

    /// Bytes on the heap.
    package var heapBytes: Int { offsets.capacity == 0 ? 0 : 32 + offsets.capacity * MemoryLayout<UInt32>.size }

    private var newest: Int64? { offsets.isEmpty ? nil : time(at: offsets.count - 1) }

    private func time(at index: Int) -> Int64 { base + Int64(offsets[index]) }

    /// Units later than `start` and no later than `end`.
    package func units(after start: Timestamp, through end: Timestamp) -> Int {
        max(0, firstIndex(after: end.milliseconds) - firstIndex(after: start.milliseconds))
    }

    /// The index of the oldest unit later than `time`.
    private func firstIndex(after time: Int64) -> Int {
        let offset = time - base
        guard offset >= 0 else { return head }
        guard offset < Int64(UInt32.max) else { return offsets.count }
        let bound = UInt32(offset)
        var low = head
        var high = offsets.count
        while low < high {
            let middle = low + (high - low) / 2
            if offsets[middle] > bound { high = middle } else { low = middle + 1 }
        }
        return low
    }

    /// Appends units at a time no earlier than the newest, and forgets those that have left the longest window.
    package mutating func append(_ units: Int, at now: Timestamp, keeping durationMilliseconds: Int64) {
        guard units > 0 else { return }
        let effective = max(now.milliseconds, newest ?? .min)
        head = firstIndex(after: effective - durationMilliseconds)
        compact(for: effective)
        let offset = UInt32(effective - base)
        for _ in 0..<units { offsets.append(offset) }
    }

    /// Drops dead units once they are as many as the living, and moves the base when nothing lives or time outgrows it.
    private mutating func compact(for time: Int64) {
        if head == offsets.count {
            offsets.removeAll(keepingCapacity: offsets.capacity <= 64)
            head = 0
            base = time
        } else if head > 16, head * 2 >= offsets.count {
            offsets.removeFirst(head)
            head = 0
        }
        if time - base > Int64(UInt32.max) {
            // The oldest living unit lies within the longest window, at most thirty days back: the shift fits.
            let shift = offsets[head]
            offsets.removeFirst(head)
            head = 0
            for index in offsets.indices { offsets[index] -= shift }
            base += Int64(shift)
        }
    }
}

extension SlidingLog: LimiterState {
    package mutating func decide(_ policy: Policy, cost: Int, at now: Timestamp) -> Decision {
        let effective = Timestamp(milliseconds: max(now.milliseconds, newest ?? .min))
        let violation = worstViolation(of: policy, cost: cost, at: effective)
        if violation == nil { append(cost, at: effective, keeping: policy.longestDurationMilliseconds) }
        let windows = policy.windows.map { state(of: $0, at: effective) }
        guard let violation else {
            return Decision(outcome: .allowed, windows: windows, retryAfterMilliseconds: 0, judgedAt: now)
        }
        return Decision(
            outcome: .limited(by: violation.window.name), windows: windows,
            retryAfterMilliseconds: violation.fitsAt - now.milliseconds, judgedAt: now)
    }

    /// The window that refuses the cost for longest, and the instant at which it stops to; `nil` where all fit.
    private func worstViolation(of policy: Policy, cost: Int, at now: Timestamp) -> (window: Window, fitsAt: Int64)? {
        var worst: (window: Window, fitsAt: Int64)?
        for window in policy.windows {
            let used = offsets.count - firstIndex(after: now.milliseconds - window.durationMilliseconds)
            let room = window.limit - cost
            guard used > room else { continue }
            // The newest `room` units may stay; the one before them must leave.
            let fitsAt = time(at: offsets.count - 1 - room) + window.durationMilliseconds
            if fitsAt > worst?.fitsAt ?? .min { worst = (window, fitsAt) }
        }
        return worst
    }

    private func state(of window: Window, at now: Timestamp) -> WindowState {
        let first = firstIndex(after: now.milliseconds - window.durationMilliseconds)
        let used = offsets.count - first
        guard used > 0 else { return WindowState(window: window, used: 0, reset: now) }
        // Where a lowered limit is overdrawn, remaining grows only once the excess has left.
        let leaving = first + max(0, used - window.limit)
        return WindowState(
            window: window, used: used,
            reset: Timestamp(milliseconds: time(at: leaving) + window.durationMilliseconds))
    }
}
