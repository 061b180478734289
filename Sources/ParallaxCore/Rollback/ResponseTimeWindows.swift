/// The last seconds' response times of one source.
struct ResponseTimeWindows: Sendable {
    private var inPlay: SecondBuckets<AnsweredTimes>
    private var heldOut: SecondBuckets<LatencyHistogram>

    init(settings: RollbackSettings) {
        inPlay = SecondBuckets(longSeconds: settings.errorWindowSeconds, shortSeconds: settings.errorShortWindowSeconds)
        heldOut = SecondBuckets(
            longSeconds: settings.errorWindowSeconds, shortSeconds: settings.errorShortWindowSeconds)
    }

    /// Of those that the candidate was in play for, over the long and the short window.
    var long: AnsweredTimes { inPlay.long }
    var short: AnsweredTimes { inPlay.short }
    /// Of the hold-out, over the long window.
    var held: LatencyHistogram { heldOut.long }

    mutating func count(_ times: ResponseTimes, second: Int64) {
        inPlay.add(times.inPlay, second: second)
        heldOut.add(times.heldOut, second: second)
    }

    mutating func advance(to second: Int64) {
        inPlay.advance(to: second)
        heldOut.advance(to: second)
    }

    mutating func clear() {
        inPlay.clear()
        heldOut.clear()
    }
}
