import ParallaxCore

/// Counts response times of one source by who judged the requests, without a lock.
struct ResponseTimeCounters: Sendable {
    private let legacy = LatencyCounters()
    private let heldOut = LatencyCounters()
    private let inPlay = LatencyCounters()

    /// - Parameter isHeldOut: Whether only control judged in hybrid; of no meaning in another strategy.
    func record(_ duration: Duration, strategy: Strategy, isHeldOut: Bool) {
        switch strategy {
        case .legacy: legacy.record(duration)
        case .hybrid: isHeldOut ? heldOut.record(duration) : inPlay.record(duration)
        case .distributedOnly: inPlay.record(duration)
        }
    }

    func take() -> (legacy: LatencyHistogram, heldOut: LatencyHistogram, inPlay: LatencyHistogram) {
        (legacy.take(), heldOut.take(), inPlay.take())
    }
}
