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
