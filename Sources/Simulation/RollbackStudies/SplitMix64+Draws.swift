import Foundation
import ParallaxCore

/// What models draw from it.
extension SplitMix64 {
    /// A number from 0 up to but excluding 1.
    mutating func unit() -> Double {
        Double(next() >> 11) * 0x1p-53
    }

    /// A number from `range`, each as likely as the next.
    mutating func integer(in range: ClosedRange<Int>) -> Int {
        range.lowerBound + Int(unit() * Double(range.count))
    }

    /// The wait for the next of events that come by themselves, `mean` apart on average: exponentially distributed.
    mutating func exponential(mean: Double) -> Double {
        -mean * log(1 - unit())
    }
}
