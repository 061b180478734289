import ParallaxCore
import Replay

/// Where the demonstration's requests come from, in their order.
protocol TrafficSource {
    /// The next request; `nil` at the end.
    mutating func next() throws -> OutgoingRequest?
    /// From 0 to 1; `nil` if no one knows how much there is.
    func fraction(elapsed: Duration) -> Double?
}

/// Modelled traffic at its natural pace.
struct ModelledSource: TrafficSource {
    private let duration: Duration
    private var requests: ModelledTraffic.Iterator

    init(seed: UInt64, seconds: Int) {
        duration = .seconds(seconds)
        requests = ModelledTraffic(seed: seed, durationMilliseconds: Int64(seconds) * 1000).makeIterator()
    }

    mutating func next() -> OutgoingRequest? {
        requests.next().map {
            OutgoingRequest(
                due: .milliseconds($0.offsetMilliseconds), identity: $0.identity, cost: $0.cost)
        }
    }

    func fraction(elapsed: Duration) -> Double? { elapsed / duration }
}

/// The requests of an access log, in its order: its own times are history.
struct LogSource: TrafficSource {
    private let reader: AccessLogReader
    /// Requests a second; `nil` for as fast as they are answered.
    private let rate: Double?
    private var count = 0

    init(reader: AccessLogReader, rate: Double?) {
        self.reader = reader
        self.rate = rate
    }

    var tally: AccessLogTally { reader.tally }

    mutating func next() throws -> OutgoingRequest? {
        guard let entry = try reader.next() else { return nil }
        defer { count += 1 }
        return OutgoingRequest(
            due: rate.map { .seconds(Double(count) / $0) }, identity: try Identity(identifier: entry.client), cost: 1)
    }

    func fraction(elapsed: Duration) -> Double? { nil }
}
