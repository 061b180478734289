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
