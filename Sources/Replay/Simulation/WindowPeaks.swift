import ParallaxCore

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
