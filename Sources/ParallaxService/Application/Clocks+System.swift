// To the compiler `timespec` belongs to this module or to Glibc, depending on what is compiled beside it.
import CDispatch
import Glibc
package import ParallaxCore

extension Clocks {
    /// The operating system's clocks.
    package static let system = Clocks(
        now: {
            var time = timespec()
            clock_gettime(CLOCK_REALTIME, &time)
            return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
        },
        uptime: {
            var time = timespec()
            clock_gettime(CLOCK_MONOTONIC, &time)
            return Duration(
                secondsComponent: Int64(time.tv_sec), attosecondsComponent: Int64(time.tv_nsec) * 1_000_000_000)
        })
}
