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
    package var heapBytes: Int { HeapBytes.array(of: offsets.capacity, stride: MemoryLayout<UInt32>.stride) }

    private var newest: Int64? { offsets.isEmpty ? nil : time(at: offsets.count - 1) }

    private func time(at index: Int) -> Int64 { base + Int64(offsets[index]) }

    /// Units later than `start` and no later than `end`.
    package func units(after start: Timestamp, through end: Timestamp) -> Int {
        max(0, firstIndex(after: end.milliseconds) - firstIndex(after: start.milliseconds))
    }

    /// The index of the oldest unit later than `time`.
    private func firstIndex(after time: Int64) -> Int {
        offsets.withUnsafeBufferPointer { LoggedUnits(base: base, offsets: $0, head: head).firstIndex(after: time) }
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
        let effective = max(now.milliseconds, newest ?? .min)
        var limiting: (index: Int, instant: Int64)?
        let windows = offsets.withUnsafeBufferPointer { offsets in
            let units = LoggedUnits(base: base, offsets: offsets, head: head)
            return policy.windows.withUnsafeBufferPointer { windows in
                Self.states(of: units, in: windows, cost: cost, at: effective, &limiting)
            }
        }
        guard let limiting else {
            append(cost, at: Timestamp(milliseconds: effective), keeping: policy.longestDurationMilliseconds)
            return Decision(outcome: .allowed, windows: windows, retryAfterMilliseconds: 0, judgedAt: now)
        }
        return Decision(
            outcome: .limited(by: windows[limiting.index].window.name), windows: windows,
            retryAfterMilliseconds: limiting.instant - now.milliseconds, judgedAt: now)
    }

    /// Every window as the decision leaves it.
    ///
    /// - Parameter limiting: Set to the violated window with the longest wait, and when it stops to limit.
    private static func states(
        of units: LoggedUnits, in windows: UnsafeBufferPointer<Window>, cost: Int, at now: Int64,
        _ limiting: inout (index: Int, instant: Int64)?
    ) -> [WindowState] {
        Array(unsafeUninitializedCapacity: windows.count) { states, count in
            for index in windows.indices {
                let standing = units.standing(in: windows[index], at: now)
                if let fits = units.fits(cost, standing, windows[index]), fits > limiting?.instant ?? .min {
                    limiting = (index, fits)
                }
                states.initializeElement(
                    at: index,
                    to: WindowState(
                        window: windows[index], used: standing.used,
                        reset: Timestamp(milliseconds: units.reset(standing, windows[index], at: now))))
            }
            count = windows.count
            guard limiting == nil, cost > 0 else { return }
            for index in windows.indices { states[index] = states[index].afterAccepting(cost, at: now) }
        }
    }
}

extension WindowState {
    /// The window once units were accepted: where it was empty they are the first to leave.
    fileprivate func afterAccepting(_ cost: Int, at now: Int64) -> WindowState {
        WindowState(
            window: window, used: used + cost,
            reset: used == 0 ? Timestamp(milliseconds: now + window.durationMilliseconds) : reset)
    }
}
