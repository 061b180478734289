/// The ended outages of Redis that reach into a window, for how long it was away in all.
///
/// Times are milliseconds on the monotonic clock. Bounded: an outage and the good run after it take three probes at least.
struct OutageWindow: Equatable, Sendable {
    private let milliseconds: Int64
    private var ended: [Range<Int64>] = []

    /// - Parameter seconds: The length of the window; with 0 nothing is summed up.
    init(seconds: Int) {
        milliseconds = Int64(seconds) * 1000
    }

    /// Takes in an outage that has ended at `outage.upperBound`, and drops those that have left the window.
    mutating func add(_ outage: Range<Int64>) {
        guard milliseconds > 0, !outage.isEmpty else { return }
        ended.removeAll { $0.upperBound <= outage.upperBound - milliseconds }
        ended.append(outage)
    }

    mutating func clear() {
        ended = []
    }

    /// How long Redis was away within the window that ends now, in how many outages.
    ///
    /// - Parameter current: The present outage so far; `nil` while Redis is up.
    func total(at now: Int64, current: Range<Int64>?) -> (milliseconds: Int64, outages: Int) {
        guard milliseconds > 0 else { return (0, 0) }
        let start = now - milliseconds
        var total = (milliseconds: Int64(0), outages: 0)
        for outage in ended + (current.map { [$0] } ?? []) where outage.upperBound > start {
            total.milliseconds += outage.upperBound - max(outage.lowerBound, start)
            total.outages += 1
        }
        return total
    }

    /// In how many milliseconds the total of the ended outages no longer exceeds a limit, if Redis stays up.
    func clears(below limit: Int64, at now: Int64) -> Int64 {
        var excess = total(at: now, current: nil).milliseconds - limit
        guard excess > 0 else { return 0 }
        for outage in ended {
            let start = max(outage.lowerBound, now - milliseconds)
            let length = max(0, outage.upperBound - start)
            if excess <= length { return start + excess + milliseconds - now }
            excess -= length
        }
        return milliseconds
    }
}
