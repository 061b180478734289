/// The units of one client that fleets admitted, as far back as the longest window reaches, and how many of them each
/// window of each fleet holds. One log for all fleets, since most requests are admitted by most of them.
struct AdmittedUnits: Sendable {
    private struct Entry: Sendable {
        let time: Int64
        let units: Int32
        let fleets: FleetSet
    }

    static let none = AdmittedUnits()

    private var entries: [Entry] = []
    /// For each window the first entry that it holds; then for each window and fleet the units that it holds.
    private var counts: [Int] = []

    /// Units in the window that ends at the last acceptance.
    func used(_ window: Int, _ fleet: Int, _ fleetCount: Int) -> Int {
        // The heads come first, one for each window.
        counts[heads(fleetCount) + window * fleetCount + fleet]
    }

    /// Adds units, and drops from every window what has left it by then.
    mutating func append(_ units: Int, _ fleets: FleetSet, at time: Int64, _ durations: [Int64], _ fleetCount: Int) {
        if counts.isEmpty { counts = Array(repeating: 0, count: durations.count * (1 + fleetCount)) }
        entries.append(Entry(time: time, units: Int32(units), fleets: fleets))
        for window in durations.indices {
            let place = durations.count + window * fleetCount
            let start = time - durations[window]
            var head = counts[window]
            while entries[head].time <= start {
                let left = entries[head]
                left.fleets.forEach { counts[place + $0] -= Int(left.units) }
                head += 1
            }
            counts[window] = head
            fleets.forEach { counts[place + $0] += units }
        }
        compact(windowCount: durations.count)
    }

    private func heads(_ fleetCount: Int) -> Int { counts.count / (1 + fleetCount) }

    /// Gives up the entries that no window holds, once they are more than half.
    private mutating func compact(windowCount: Int) {
        guard entries.count >= 32 else { return }
        let dead = counts[..<windowCount].min() ?? 0
        guard dead > entries.count / 2 else { return }
        entries.removeSubrange(..<dead)
        for window in 0..<windowCount { counts[window] -= dead }
    }
}
