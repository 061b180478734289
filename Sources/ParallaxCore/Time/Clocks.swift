// To the compiler `timespec` belongs to this module or to Glibc, depending on what is compiled next to it.
import CDispatch
import Glibc

/// The two clocks that a decision needs, passed in so that time can be virtual.
///
/// ``system`` is the one place where the product reads the operating system's clocks.
package struct Clocks: Sendable {
    /// The time of day: what limits count by.
    package let now: @Sendable () -> Timestamp
    /// Time since some fixed instant, on a monotonic clock: what durations are measured by.
    package let uptime: @Sendable () -> Duration

    package init(now: @escaping @Sendable () -> Timestamp, uptime: @escaping @Sendable () -> Duration) {
        self.now = now
        self.uptime = uptime
    }

    /// Milliseconds by which a unit must be ahead of the time of a decision to prove that the clock stepped back.
    ///
    /// Decisions that overtake each other, and corrections by which a clock is set every day, stay far below it. The
    /// script in Redis has the same number.
    package static let stepMilliseconds: Int64 = 10_000
}

// MARK: - The operating system's clocks

extension Clocks {
    /// The operating system's clocks.
    package static let system = Clocks(now: { .now() }, uptime: { uptime(CLOCK_MONOTONIC) })

    /// The operating system's clocks, with an uptime that goes on while the machine sleeps.
    package static let systemWithSleep = Clocks(now: { .now() }, uptime: { uptime(CLOCK_BOOTTIME) })

    private static func uptime(_ clock: clockid_t) -> Duration {
        var time = timespec()
        clock_gettime(clock, &time)
        return Duration(
            secondsComponent: Int64(time.tv_sec), attosecondsComponent: Int64(time.tv_nsec) * 1_000_000_000)
    }
}

extension Timestamp {
    /// The time of the operating system's clock.
    package static func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }
}

extension Clock<Duration> {
    /// Does something over and over until the task is cancelled, with a pause after each time.
    package func repeating(pausing pause: Duration = .seconds(1), _ body: () async -> Void) async {
        while !Task.isCancelled {
            await body()
            do { try await sleep(for: pause) } catch { return }
        }
    }
}
