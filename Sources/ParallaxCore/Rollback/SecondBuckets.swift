/// What can be summed up over seconds, and taken away again when a second leaves a window.
package protocol SecondTally: Sendable {
    init()
    mutating func add(_ other: Self)
    mutating func subtract(_ other: Self)
}

extension LatencyHistogram: SecondTally {}

/// The last seconds, one tally each, with the running totals of a long and a short window.
///
/// A window of 300 s holds the current second and the 299 before it. Memory is fixed: one tally a second.
package struct SecondBuckets<Tally: SecondTally>: Sendable {
    /// The sum over the long window, as of the latest second that was passed in.
    package private(set) var long = Tally()
    /// The sum over the short window.
    package private(set) var short = Tally()

    private var slots: [Tally]
    private let shortSeconds: Int64
    /// The latest second that was passed in.
    private var newest: Int64?

    /// - Parameter shortSeconds: At most as many as `longSeconds`.
    package init(longSeconds: Int, shortSeconds: Int) {
        precondition(1...longSeconds ~= shortSeconds, "the short window must fit the long one")
        self.slots = Array(repeating: Tally(), count: longSeconds)
        self.shortSeconds = Int64(shortSeconds)
    }

    /// Adds what happened in a second; what is older than the long window is dropped.
    package mutating func add(_ tally: Tally, second: Int64) {
        advance(to: second)
        guard let newest, newest - second < Int64(slots.count) else { return }
        slots[slot(of: second)].add(tally)
        long.add(tally)
        if newest - second < shortSeconds { short.add(tally) }
    }

    /// Lets the seconds that have left the windows go.
    package mutating func advance(to second: Int64) {
        guard let last = newest else {
            newest = second
            return
        }
        guard second > last else { return }
        guard second - last < Int64(slots.count) else {
            clear()
            newest = second
            return
        }
        for next in (last + 1)...second { step(to: next) }
        newest = second
    }

    /// Forgets everything.
    package mutating func clear() {
        for slot in slots.indices { slots[slot] = Tally() }
        long = Tally()
        short = Tally()
        newest = nil
    }

    private mutating func step(to second: Int64) {
        short.subtract(slots[slot(of: second - shortSeconds)])
        // The slot that the new second takes holds the second that leaves the long window.
        let slot = slot(of: second)
        long.subtract(slots[slot])
        slots[slot] = Tally()
    }

    private func slot(of second: Int64) -> Int {
        let remainder = Int(second % Int64(slots.count))
        return remainder < 0 ? remainder + slots.count : remainder
    }
}
