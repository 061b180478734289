/// The times of one window's newest units, oldest first: no more than its limit, since older ones decide nothing.
///
/// Where windows take different units, or refusals are counted, they cannot share a ``SlidingLog``.
struct RecentUnits: Sendable {
    private var times: [Int64] = []
    /// Units before this one are dead.
    private var head = 0

    var heapBytes: Int { HeapBytes.array(of: times.capacity, stride: MemoryLayout<Int64>.stride) }

    func used(_ window: Window, at now: Int64) -> Int {
        times.count - firstIndex(after: now - window.durationMilliseconds)
    }

    /// The earliest instant at which `cost` more would fit; `now` if it fits.
    func fits(_ cost: Int, _ window: Window, at now: Int64) -> Int64 {
        // The newest `room` units may stay; the one before them must leave.
        let blocking = times.count - 1 - (window.limit - cost)
        guard blocking >= head else { return now }
        return max(now, times[blocking] + window.durationMilliseconds)
    }

    /// The earliest instant at which the remaining units grow; `now` if none are used.
    func reset(_ window: Window, at now: Int64) -> Int64 {
        let first = firstIndex(after: now - window.durationMilliseconds)
        guard first < times.count else { return now }
        return times[first + max(0, times.count - first - window.limit)] + window.durationMilliseconds
    }

    /// Adds units at a time no earlier than the newest, and forgets those that decide nothing any more.
    mutating func take(_ cost: Int, _ window: Window, at now: Int64) {
        for _ in 0..<min(cost, window.limit) { times.append(now) }
        head = max(firstIndex(after: now - window.durationMilliseconds), times.count - window.limit)
        guard head >= 16, head * 2 >= times.count else { return }
        times.removeFirst(head)
        head = 0
    }

    /// Moves units later than a time to it, as the clock has stepped back.
    mutating func followStepBack(to now: Int64) {
        for index in firstIndex(after: now)..<times.count { times[index] = now }
    }

    private func firstIndex(after time: Int64) -> Int {
        var (low, high) = (head, times.count)
        while low < high {
            let middle = low + (high - low) / 2
            if times[middle] > time { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
