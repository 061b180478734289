import ParallaxCore
import Foundation

/// Draws waits from a shape, in steps of one per cent: finer than the buckets that they are counted in.
struct LatencyDraw: Sendable {
    private static let ratio = 1.01
    private static let lowestMilliseconds = 0.001
    /// Each step's wait; the last is beyond what a histogram tells apart.
    private static let waits: [Duration] = sequence(first: lowestMilliseconds) { $0 * ratio }
        .prefix { $0 < 100_000 }
        .map { .nanoseconds(Int64($0 * ratio.squareRoot() * 1e6)) }

    private let waits = LatencyDraw.waits
    private let draw: DiscreteDraw

    /// - Parameter factor: How many times longer each wait is.
    init(_ shape: LatencyShape, factor: Double) {
        var edge = LatencyDraw.lowestMilliseconds / factor
        var above = 1.0
        draw = DiscreteDraw(
            weights: waits.indices.map { step in
                edge *= LatencyDraw.ratio
                // All that is slower than the last step counts in it.
                let next = step == LatencyDraw.waits.count - 1 ? 0 : shape.share(above: edge)
                defer { above = next }
                return above - next
            })
    }

    func next(_ random: inout SplitMix64) -> Duration {
        waits[draw.draw(&random)]
    }
}
