import CommandSupport
import ParallaxCore

/// What came back for what was sent.
struct TrafficTally: Equatable, Sendable {
    /// The result of one request.
    enum Delivery: Hashable, Sendable {
        /// The service answered with this status.
        case answered(status: Int)
        /// No answer came, for this reason.
        case failed(String)
    }

    private(set) var sent = 0
    private(set) var answered: [Int: Int] = [:]
    private(set) var failed: [String: Int] = [:]

    mutating func count(_ delivery: Delivery) {
        sent += 1
        switch delivery {
        case .answered(let status): answered[status, default: 0] += 1
        case .failed(let reason): failed[reason, default: 0] += 1
        }
    }

    /// The counts for people.
    func lines(elapsed: Duration) -> [String] {
        let seconds = max(0.001, elapsed / .seconds(1))
        var table = TextTable([.left, .right, .right])
        for (status, count) in answered.sorted(by: { $0.key < $1.key }) {
            table.add(
                "\(status)\(TrafficTally.meaning(of: status))", NumberFormat.count(count),
                NumberFormat.share(count, of: sent))
        }
        for (reason, count) in failed.sorted(by: { $0.key < $1.key }) {
            table.add(
                "no answer: \(reason.escapedForTerminal)", NumberFormat.count(count),
                NumberFormat.share(count, of: sent))
        }
        let pace = NumberFormat.count(Int(Double(sent) / seconds))
        return [
            "Sent \(NumberFormat.count(sent)) requests in \(NumberFormat.span(seconds: Int(seconds))), \(pace) a second"
        ]
            + table.lines()
    }

    private static func meaning(of status: Int) -> String {
        switch status {
        case 200: " allowed"
        case 429: " limited"
        case 503: " unavailable"
        case 400: " refused as malformed"
        default: ""
        }
    }
}
