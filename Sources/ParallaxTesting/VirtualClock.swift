package import ParallaxCore
import Synchronization

/// A clock that stands still until it is told to move, for both the time of day and uptime.
package final class VirtualClock: Sendable {
    private let elapsed = Mutex<Duration>(.zero)
    /// How far the time of day has stepped, in milliseconds.
    private let stepped = Mutex<Int64>(0)
    private let start: Timestamp

    package init(start: Timestamp = Timestamp(milliseconds: 1_700_000_000_000)) {
        self.start = start
    }

    package var now: Timestamp {
        let passed = elapsed.withLock { $0 }.components
        return start + stepped.withLock { $0 } + (passed.seconds * 1000 + passed.attoseconds / 1_000_000_000_000_000)
    }

    package var uptime: Duration { elapsed.withLock { $0 } }

    package func advance(by duration: Duration) { elapsed.withLock { $0 += duration } }

    /// Lets the time of day step; uptime goes on.
    package func step(milliseconds: Int64) { stepped.withLock { $0 += milliseconds } }

    package var clocks: Clocks {
        Clocks(now: { self.now }, uptime: { self.uptime })
    }
}
