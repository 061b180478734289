package import ParallaxCore
import Synchronization

/// The sliding log written to be read: it keeps every unit's time and looks at all of them for every answer.
///
/// What the fast implementations are compared with.
package final class ReferenceLimiter: ImmediateLimiter {
    private let logs = Mutex<[Identity: [Timestamp]]>([:])

    package init() {}

    package func judge(_ request: CheckRequest, at now: Timestamp) -> Decision {
        logs.withLock { logs in
            var units = logs[request.identity] ?? []
            let decision = ReferenceLimiter.judge(request, at: now, units: &units)
            logs[request.identity] = units
            return decision
        }
    }

    private static func judge(_ request: CheckRequest, at now: Timestamp, units: inout [Timestamp]) -> Decision {
        let ahead = max(0, (units.last ?? now) - now)
        if ahead > Clocks.stepMilliseconds { units = units.map { min($0, now) } }
        let effective = max(now, units.last ?? now)
        var limiting: (name: String, instant: Timestamp)?
        for window in request.policy.windows {
            let inside = units.filter { $0 > effective + -window.durationMilliseconds }
            let free = window.limit - request.cost
            guard inside.count > free else { continue }
            let instant = inside[inside.count - 1 - free] + window.durationMilliseconds
            if limiting.map({ instant > $0.instant }) ?? true { limiting = (window.name, instant) }
        }
        if limiting == nil, request.cost > 0 {
            let start = effective + -request.policy.longestDurationMilliseconds
            units = units.filter { $0 > start } + Array(repeating: effective, count: request.cost)
        }
        return Decision(
            outcome: limiting.map { .limited(by: $0.name) } ?? .allowed,
            windows: request.policy.windows.map { state(of: $0, units: units, at: effective) },
            retryAfterMilliseconds: limiting.map { $0.instant - now } ?? 0, judgedAt: now, stepBackMilliseconds: ahead)
    }

    private static func state(of window: Window, units: [Timestamp], at effective: Timestamp) -> WindowState {
        let inside = units.filter { $0 > effective + -window.durationMilliseconds }
        guard !inside.isEmpty else { return WindowState(window: window, used: 0, reset: effective) }
        let leaves = inside[max(0, inside.count - window.limit)] + window.durationMilliseconds
        return WindowState(window: window, used: inside.count, reset: leaves)
    }
}

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
