// To the compiler `timespec` belongs to this module or to Glibc, depending on what is compiled beside it.
import CDispatch
import Glibc
package import ParallaxCore

extension Clocks {
    /// The operating system's clocks.
    package static let system = Clocks(now: now, uptime: { uptime(CLOCK_MONOTONIC) })

    /// The same, with an uptime that goes on while the machine sleeps.
    static let systemWithSleep = Clocks(now: now, uptime: { uptime(CLOCK_BOOTTIME) })

    private static let now: @Sendable () -> Timestamp = {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }

    private static func uptime(_ clock: clockid_t) -> Duration {
        var time = timespec()
        clock_gettime(clock, &time)
        return Duration(
            secondsComponent: Int64(time.tv_sec), attosecondsComponent: Int64(time.tv_nsec) * 1_000_000_000)
    }
}
