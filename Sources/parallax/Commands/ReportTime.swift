import ArgumentParser
import Foundation
import ParallaxCore

/// A time as people write it on a command line: an instant, or how long ago.
enum ReportTime: Equatable, Sendable, ExpressibleByArgument {
    case instant(Timestamp)
    case ago(milliseconds: Int64)

    /// Reads `15m`, `2h`, `7d`, `30s`, or RFC 3339 such as `2026-11-23T14:00:00Z`; a date without a time is its
    /// midnight in UTC.
    init?(argument: String) {
        if let milliseconds = ReportTime.span(argument) {
            self = .ago(milliseconds: milliseconds)
        } else if let date = ReportTime.date(argument) {
            self = .instant(Timestamp(milliseconds: Int64((date.timeIntervalSince1970 * 1000).rounded())))
        } else {
            return nil
        }
    }

    func resolve(now: Timestamp) -> Timestamp {
        switch self {
        case .instant(let timestamp): timestamp
        case .ago(let milliseconds): now + -milliseconds
        }
    }

    private static func span(_ text: String) -> Int64? {
        let units: [Character: Int64] = ["s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000]
        guard let unit = text.last.flatMap({ units[$0] }), let count = Int64(text.dropLast()),
            (0...36_500).contains(count)
        else { return nil }
        return count * unit
    }

    private static func date(_ text: String) -> Date? {
        let day = Date.ISO8601FormatStyle().year().month().day()
        return (try? Date(text, strategy: .iso8601))
            ?? (try? Date(text, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
            ?? (text.count == 10 ? try? Date(text, strategy: day) : nil)
    }
}
