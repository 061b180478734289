package import ParallaxCore

/// The times of all accepted units, by whichever instance accepted them, to be judged afterwards.
package struct AcceptedUnits: Sendable {
    private var times: [Timestamp] = []

    package init() {}

    package var count: Int { times.count }

    /// Notes the units of an accepted request.
    package mutating func note(_ units: Int, at time: Timestamp) {
        times += Array(repeating: time, count: units)
    }

    package mutating func merge(_ others: AcceptedUnits) {
        times += others.times
    }

    /// The most units that lie within any span of the window's duration.
    package func most(in window: Window) -> Int {
        let sorted = times.sorted()
        var oldest = 0
        var most = 0
        for (index, time) in sorted.enumerated() {
            while sorted[oldest] <= time + -window.durationMilliseconds { oldest += 1 }
            most = max(most, index - oldest + 1)
        }
        return most
    }
}
