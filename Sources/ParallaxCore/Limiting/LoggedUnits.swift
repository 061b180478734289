/// The living units of a log, lent for one decision.
struct LoggedUnits {
    /// How one window stands: its units are those from `first` on.
    struct Standing {
        let first: Int
        let used: Int
    }

    /// The time that the offsets count from, in milliseconds since the epoch.
    let base: Int64
    /// Milliseconds after `base`, never falling.
    let offsets: UnsafeBufferPointer<UInt32>
    /// The first living one.
    let head: Int

    static var none: LoggedUnits { LoggedUnits(base: 0, offsets: UnsafeBufferPointer(start: nil, count: 0), head: 0) }

    /// The time of the newest unit; the earliest of all times if there is none.
    var newest: Int64 { offsets.isEmpty ? .min : time(at: offsets.count - 1) }

    func standing(in window: Window, at now: Int64) -> Standing {
        let first = firstIndex(after: now - window.durationMilliseconds, likely: offsets.count - window.limit)
        return Standing(first: first, used: offsets.count - first)
    }

    /// The instant at which the cost fits the window; `nil` if it fits already.
    func fits(_ cost: Int, _ standing: Standing, _ window: Window) -> Int64? {
        let room = window.limit - cost
        guard standing.used > room else { return nil }
        // The newest `room` units may stay; the one before them must leave.
        return time(at: offsets.count - 1 - room) + window.durationMilliseconds
    }

    /// The earliest instant at which the remaining units grow; `now` if none are used.
    func reset(_ standing: Standing, _ window: Window, at now: Int64) -> Int64 {
        guard standing.used > 0 else { return now }
        // Where a lowered limit is overdrawn, remaining grows only once the excess has left.
        return time(at: standing.first + max(0, standing.used - window.limit)) + window.durationMilliseconds
    }

    /// The index of the oldest unit later than `time`.
    ///
    /// - Parameter likely: An index before which units are seldom later; a guess that only costs time where it is
    ///   wrong.
    func firstIndex(after time: Int64, likely: Int = 0) -> Int {
        let offset = time - base
        var high = offsets.count
        var low = head
        guard offset >= 0, low < high else { return low }
        guard offset < Int64(UInt32.max) else { return high }
        let bound = UInt32(offset)
        if offsets[high - 1] <= bound { return high }
        if offsets[low] > bound { return low }
        if likely - 1 > low {
            if offsets[likely - 1] <= bound { low = likely } else { high = likely - 1 }
        }
        while low < high {
            let middle = low + (high - low) / 2
            if offsets[middle] > bound { high = middle } else { low = middle + 1 }
        }
        return low
    }

    private func time(at index: Int) -> Int64 { base + Int64(offsets[index]) }
}
