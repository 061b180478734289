// To the compiler `timespec` belongs to this module or to Glibc, depending on what is compiled next to it.
import CDispatch
import Glibc
import ParallaxCore

extension Timestamp {
    /// The time of this machine's clock.
    static func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }
}
