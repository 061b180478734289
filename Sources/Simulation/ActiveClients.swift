import ParallaxCore

/// The clients of which some limiter may still hold units, with what each fleet has admitted of them lately.
///
/// Quiet ones are removed when there are twice as many clients as after the last removal: what is held grows with the
/// clients that are active at a time, not with all that a log names.
struct ActiveClients: Sendable {
    private struct Client: Sendable {
        var lastSeen: Timestamp
        var admitted: AdmittedUnits
    }

    private var clients: [Identity: Client] = [:]
    private var room: Int
    private let minimumRoom: Int
    private let durations: [Int64]
    private let fleetCount: Int
    /// The most units of one client that each fleet admitted within each window.
    private(set) var peaks: WindowPeaks

    /// - Parameter minimumRoom: As many clients are held without a look for quiet ones.
    init(policy: Policy, fleetCount: Int, minimumRoom: Int) {
        durations = policy.windows.map(\.durationMilliseconds)
        self.fleetCount = fleetCount
        self.minimumRoom = minimumRoom
        room = minimumRoom
        peaks = WindowPeaks(windowCount: durations.count, fleetCount: fleetCount)
    }

    var isFull: Bool { clients.count >= room }
    var identities: [Identity] { Array(clients.keys) }

    mutating func note(_ identity: Identity, units: Int, _ admitting: FleetSet, at now: Timestamp) {
        let fresh = Client(lastSeen: now, admitted: AdmittedUnits.none)
        Self.note(
            in: &clients[identity, default: fresh], identity, units, admitting, at: now, durations, fleetCount, &peaks)
    }

    private static func note(
        in client: inout Client, _ identity: Identity, _ units: Int, _ admitting: FleetSet, at now: Timestamp,
        _ durations: [Int64], _ fleetCount: Int, _ peaks: inout WindowPeaks
    ) {
        client.lastSeen = now
        guard !admitting.isEmpty else { return }
        client.admitted.append(units, admitting, at: now.milliseconds, durations, fleetCount)
        for window in durations.indices {
            admitting.forEach { fleet in
                peaks.raise(
                    window, fleet, to: client.admitted.used(window, fleet, fleetCount), of: identity, at: now)
            }
        }
    }

    /// Removes those of which no limiter holds any units: a sliding counter remembers for two windows, the others for
    /// one.
    mutating func removeQuiet(at now: Timestamp) -> [Identity] {
        let end = now + -2 * (durations.max() ?? 0)
        let quiet = clients.filter { $0.value.lastSeen <= end }.map(\.key)
        for identity in quiet { clients[identity] = nil }
        room = max(minimumRoom, clients.count * 2)
        return quiet
    }
}

extension ActiveClients {
    /// The units of one client that fleets admitted, as far back as the longest window reaches, and how many of them
    /// each window of each fleet holds. One log for all fleets, since most requests are admitted by most of them.
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
        mutating func append(_ units: Int, _ fleets: FleetSet, at time: Int64, _ durations: [Int64], _ fleetCount: Int)
        {
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
}

/// For each window and fleet, the most units of one client that were admitted within the window, whose and when.
struct WindowPeaks: Equatable, Sendable {
    struct Peak: Equatable, Sendable {
        var units = 0
        /// The client that reached it first, and when.
        var identity: Identity?
        var time: Timestamp?
    }

    private let fleetCount: Int
    private var peaks: [Peak]

    init(windowCount: Int, fleetCount: Int) {
        self.fleetCount = fleetCount
        peaks = Array(repeating: Peak(), count: windowCount * fleetCount)
    }

    subscript(window: Int, fleet: Int) -> Peak { peaks[window * fleetCount + fleet] }

    mutating func raise(_ window: Int, _ fleet: Int, to units: Int, of identity: Identity, at time: Timestamp) {
        let place = window * fleetCount + fleet
        guard units > peaks[place].units else { return }
        peaks[place] = Peak(units: units, identity: identity, time: time)
    }
}
