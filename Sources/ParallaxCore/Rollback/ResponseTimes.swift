/// Whose answer a caller waited for. The raw values are stored and shown: they never change.
package enum ResponseTimeSource: String, CaseIterable, Codable, Sendable {
    /// The service itself.
    case service
    /// An application that reports how long its callers waited.
    case application

    /// Earlier releases wrote `door` for the service.
    ///
    /// - Throws: `DecodingError` if the source is not known.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let source = ResponseTimeSource(rawValue: text == "door" ? "service" : text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "unknown source of response times")
        }
        self = source
    }
}

/// How long callers of one source waited, by who judged their requests.
package struct ResponseTimes: Equatable, Sendable {
    /// In `legacy`, where only control judges: what a baseline is learned from.
    package var legacy = LatencyHistogram()
    /// In `hybrid`, of the identities that only control judges.
    package var heldOut = LatencyHistogram()
    /// While the candidate was in play: what the trigger judges.
    package var inPlay = AnsweredTimes()

    package init() {}
}

/// Response times with what waiting for the candidate made of them.
package struct AnsweredTimes: Equatable, SecondTally {
    package var times = LatencyHistogram()
    /// The same requests, each without its wait for the candidate. As many as `times` if the waits are known, else
    /// none, as of an application's.
    package var withoutWaits = LatencyHistogram()
    /// The waits, of the requests that waited.
    package var waits = LatencyHistogram()
    /// The whole times of those that waited.
    package var waited = LatencyHistogram()

    package init() {}

    package init(times: LatencyHistogram) {
        self.times = times
    }

    /// Counts one answer.
    ///
    /// - Parameter wait: How much of the time was waiting for the candidate.
    package mutating func record(_ time: Duration, wait: Duration) {
        times.record(time)
        withoutWaits.record(time - wait)
        guard wait > .zero else { return }
        waits.record(wait)
        waited.record(time)
    }

    /// Adds answers that no one waited for the candidate for.
    package mutating func add(unwaited samples: LatencyHistogram) {
        times.add(samples)
        withoutWaits.add(samples)
    }

    package mutating func add(_ other: AnsweredTimes) {
        times.add(other.times)
        withoutWaits.add(other.withoutWaits)
        waits.add(other.waits)
        waited.add(other.waited)
    }

    package mutating func subtract(_ other: AnsweredTimes) {
        times.subtract(other.times)
        withoutWaits.subtract(other.withoutWaits)
        waits.subtract(other.waits)
        waited.subtract(other.waited)
    }

    /// Only the requests that waited for the candidate.
    var ofThoseThatWaited: AnsweredTimes {
        guard hasWaits else { return AnsweredTimes(times: waited) }
        // What did not wait is the same with and without its wait.
        var unwaited = times
        unwaited.subtract(waited)
        var alone = AnsweredTimes(times: waited)
        alone.withoutWaits = withoutWaits
        alone.withoutWaits.subtract(unwaited)
        (alone.waits, alone.waited) = (waits, waited)
        return alone
    }

    /// Whether the wait of every request is known.
    package var hasWaits: Bool { times.count == withoutWaits.count }
}

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
