/// The times of one identity's accepted units, oldest first: the one definition of the limit that both sides share.
///
/// Kept as four bytes a unit, in milliseconds after a base time. The log stays in order even if a clock steps back: a
/// decision is made at the caller's time or at the newest unit's, whichever is later. Units further ahead of the
/// caller's time than ``Clocks/stepMilliseconds`` move to it: they were accepted before, and count for one window's
/// length at most.
///
/// Not copied, so that a decision counts no references. `@unchecked`: the storage has no other owner.
package struct SlidingLog: ~Copyable, @unchecked Sendable {
    /// `nil` until the first unit.
    private var storage: UnitStorage?

    package init() {}

    deinit { storage?.deallocate() }

    /// Units logged, those that have left every window included until the next acceptance.
    package var count: Int { storage.map { $0.count - $0.head } ?? 0 }

    /// Bytes on the heap.
    package var heapBytes: Int { storage?.heapBytes ?? 0 }

    private var units: LoggedUnits { storage?.units ?? .none }

    /// The time of the newest unit, those that have left every window included; `nil` if there never was one.
    package var newest: Timestamp? { units.offsets.isEmpty ? nil : Timestamp(milliseconds: units.newest) }

    /// Units later than `start` and no later than `end`.
    package func units(after start: Timestamp, through end: Timestamp) -> Int {
        max(0, units.firstIndex(after: end.milliseconds) - units.firstIndex(after: start.milliseconds))
    }

    /// Gives the time of every unit, oldest first.
    package func forEach(_ body: (Timestamp) -> Void) {
        let units = units
        for offset in units.offsets.dropFirst(units.head) { body(Timestamp(milliseconds: units.base + Int64(offset))) }
    }

    /// Appends units at a time no earlier than the newest, and forgets those that have left the longest window.
    ///
    /// - Parameter maximum: The most units kept, no less than `units`; the oldest go first.
    package mutating func append(
        _ units: Int, at now: Timestamp, keeping durationMilliseconds: Int64, atMost maximum: Int = .max
    ) {
        guard units > 0 else { return }
        let time = max(now.milliseconds, self.units.newest)
        let head = max(
            self.units.firstIndex(after: time - durationMilliseconds), self.units.offsets.count - (maximum - units))
        room(for: units, at: time, head: head).append(units, at: time)
    }

    /// The storage, with room for so many units more and a base that is near enough.
    ///
    /// - Parameter head: The oldest unit that still counts.
    private mutating func room(for units: Int, at time: Int64, head: Int) -> UnitStorage {
        guard let storage else { return replace(with: UnitStorage(base: time, minimumCapacity: units)) }
        storage.head = head
        let living = storage.count - head
        // Some room to grow, and less than twice what is needed.
        let wanted = (living + units) * 3 / 2
        let fits = wanted >= storage.capacity / 4 && living + units <= storage.capacity
        if living == 0 {
            guard fits else { return replace(with: UnitStorage(base: time, minimumCapacity: units)) }
            storage.restart(at: time)
            return storage
        }
        // The oldest living unit lies within the longest window, at most thirty days back: what is left of it fits.
        let shift = time - storage.base > Int64(UInt32.max) ? storage.units.offsets[head] : 0
        if shift == 0, storage.count + units <= storage.capacity { return storage }
        // In place if that makes room enough not to be done again soon.
        let target = fits && wanted <= storage.capacity ? storage : UnitStorage(base: 0, minimumCapacity: wanted)
        storage.copy(to: target, shift: shift)
        return replace(with: target)
    }

    private mutating func replace(with other: UnitStorage) -> UnitStorage {
        if let storage, storage != other { storage.deallocate() }
        storage = other
        return other
    }
}

// MARK: A clock that steps back
extension SlidingLog {
    private func isAhead(of now: Timestamp) -> Bool { units.newest > now.milliseconds + Clocks.stepMilliseconds }

    /// Moves the units ahead of a time to it, if their distance proves that the clock stepped back.
    ///
    /// - Returns: How far the newest was ahead, in milliseconds; 0 if nothing was moved.
    @discardableResult
    package mutating func followStepBack(to now: Timestamp) -> Int64 {
        guard isAhead(of: now) else { return 0 }
        let step = units.newest - now.milliseconds
        self = moved(to: now)
        return step
    }

    /// A copy without units later than a time: they are units of that time.
    private func moved(to now: Timestamp) -> SlidingLog {
        let units = units
        let first = units.firstIndex(after: now.milliseconds)
        let living = units.offsets.count - units.head
        let base = first > units.head ? units.base : now.milliseconds
        let copy = UnitStorage(base: base, minimumCapacity: living)
        storage?.copy(to: copy, before: first)
        copy.append(units.offsets.count - first, at: now.milliseconds)
        var log = SlidingLog()
        log.storage = copy
        return log
    }
}

extension SlidingLog: LimiterState {
    package mutating func decide(_ policy: Policy, cost: Int, at now: Timestamp) -> Decision {
        let step = followStepBack(to: now)
        let decision = judge(policy, cost: cost, at: now, after: step)
        if decision.isAllowed { append(cost, at: now, keeping: policy.longestDurationMilliseconds) }
        return decision
    }

    package mutating func admit(_ policy: Policy, cost: Int, at now: Timestamp) -> Bool {
        followStepBack(to: now)
        let units = units
        let time = max(now.milliseconds, units.newest)
        for window in policy.windows where units.fits(cost, units.windowUse(in: window, at: time), window) != nil {
            return false
        }
        append(cost, at: now, keeping: policy.longestDurationMilliseconds)
        return true
    }

    package func look(_ policy: Policy, cost: Int, at now: Timestamp) -> Decision {
        guard isAhead(of: now) else { return judge(policy, cost: cost, at: now, after: 0) }
        return moved(to: now).judge(policy, cost: cost, at: now, after: units.newest - now.milliseconds)
    }

    /// - Parameter step: How far the newest unit was ahead before it was moved, in milliseconds.
    private func judge(_ policy: Policy, cost: Int, at now: Timestamp, after step: Int64) -> Decision {
        let units = units
        let time = max(now.milliseconds, units.newest)
        var limiting: (index: Int, instant: Int64)?
        let windows = policy.windows.withUnsafeBufferPointer { windows in
            Self.states(of: units, in: windows, cost: cost, at: time, &limiting)
        }
        return Decision(
            outcome: limiting.map { .limited(by: windows[$0.index].window.name) } ?? .allowed, windows: windows,
            retryAfterMilliseconds: limiting.map { $0.instant - now.milliseconds } ?? 0, judgedAt: now,
            stepBackMilliseconds: max(step, time - now.milliseconds))
    }

    /// Every window as the decision leaves it.
    ///
    /// - Parameter limiting: Set to the violated window with the longest wait, and when it stops to limit.
    private static func states(
        of units: LoggedUnits, in windows: UnsafeBufferPointer<Window>, cost: Int, at now: Int64,
        _ limiting: inout (index: Int, instant: Int64)?
    ) -> [WindowState] {
        // Appended, and not initialized in place, for which the standard library looks the array's type up each time.
        var states: [WindowState] = []
        states.reserveCapacity(windows.count)
        for index in windows.indices {
            let windowUse = units.windowUse(in: windows[index], at: now)
            if let fits = units.fits(cost, windowUse, windows[index]), fits > limiting?.instant ?? .min {
                limiting = (index, fits)
            }
            states.append(
                WindowState(
                    window: windows[index], used: windowUse.used,
                    reset: Timestamp(milliseconds: units.reset(windowUse, windows[index], at: now))))
        }
        guard limiting == nil, cost > 0 else { return states }
        for index in windows.indices { states[index] = states[index].afterAccepting(cost, at: now) }
        return states
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
