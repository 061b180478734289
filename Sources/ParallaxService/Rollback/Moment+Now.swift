import Foundation
package import ParallaxCore

extension Moment {
    /// Makes a reader of this machine's clocks; all its moments share one origin.
    package static func makeReader() -> @Sendable () -> Moment {
        let origin = ContinuousClock.now
        return {
            Moment(
                steadyMilliseconds: Int64((ContinuousClock.now - origin) / .milliseconds(1)),
                wall: Timestamp(milliseconds: Int64((Date().timeIntervalSince1970 * 1000).rounded(.down))))
        }
    }
}
