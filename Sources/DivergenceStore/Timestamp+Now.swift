import Foundation
import ParallaxCore

extension Timestamp {
    /// The time of this machine's clock.
    static func now() -> Timestamp {
        Timestamp(milliseconds: Int64((Date().timeIntervalSince1970 * 1000).rounded(.down)))
    }

    var startOfHour: Timestamp {
        let remainder = milliseconds % 3_600_000
        return Timestamp(milliseconds: milliseconds - (remainder < 0 ? remainder + 3_600_000 : remainder))
    }
}
