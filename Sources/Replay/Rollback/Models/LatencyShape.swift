import Foundation

/// How the time that callers wait is distributed: a log-normal body, and a share with a tail as heavy as Pareto's.
///
/// Waits are log-normal when many things each multiply them a little. Retries, pauses and queues add a tail that falls
/// as a power of the time, in which an hour's slowest request is many times slower than a minute's.
package struct LatencyShape: Hashable, Sendable {
    /// What half of the body's requests do not exceed.
    package var medianMilliseconds: Double
    /// The standard deviation of the body's logarithm; 0.5 is narrow, 1 usual, 2 very wide.
    package var spread: Double
    /// The share of requests in the tail, from 0 up to but excluding 1.
    package var tailShare: Double
    /// How fast the tail falls: a time twice as long is this power of two rarer. Below 2 it has no variance.
    package var tailExponent: Double
    /// Where the tail begins, in medians.
    package var tailStart: Double

    package init(
        medianMilliseconds: Double, spread: Double, tailShare: Double = 0, tailExponent: Double = 1.5,
        tailStart: Double = 3
    ) {
        self.medianMilliseconds = medianMilliseconds
        self.spread = spread
        self.tailShare = tailShare
        self.tailExponent = tailExponent
        self.tailStart = tailStart
    }

    /// The share of requests that wait longer than a time in milliseconds.
    func share(above milliseconds: Double) -> Double {
        guard milliseconds > 0 else { return 1 }
        let deviations = log(milliseconds / medianMilliseconds) / spread
        let body = erfc(deviations / 2.0.squareRoot()) / 2
        let start = medianMilliseconds * tailStart
        let tail = milliseconds <= start ? 1 : pow(start / milliseconds, tailExponent)
        return (1 - tailShare) * body + tailShare * tail
    }
}
