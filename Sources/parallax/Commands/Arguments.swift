import ArgumentParser
import CommandSupport
import DivergenceStore
import Foundation
import ParallaxCore

/// Which records a command is about.
struct DivergenceSelection: ParsableArguments {
    @Option(help: "From this time on: 15m, 2h or 7d ago, or 2026-11-23T14:00:00Z.")
    var since: ReportTime?

    @Option(help: "Up to this time, written in the same way.")
    var until: ReportTime?

    @Option(help: "Only this organization.")
    var organization: String?

    @Option(help: "Only divergences of this kind; the compared requests are still counted.")
    var kind: DivergenceKind?

    @Option(help: "Only divergences of this cause; the compared requests are still counted.")
    var cause: DivergenceCause?

    func makeFilter(now: Timestamp) throws -> DivergenceFilter {
        let filter = DivergenceFilter(
            since: since?.resolve(now: now), until: until?.resolve(now: now), organization: organization, kind: kind,
            cause: cause)
        if let since = filter.since, let until = filter.until, until <= since {
            throw CommandFailure(.usage, "--until is not after --since")
        }
        return filter
    }
}

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

/// A span of time as people write it on a command line: `500ms`, `30s`, `5m`, `2h` or `1d`.
struct DurationArgument: Equatable, Sendable, ExpressibleByArgument {
    let milliseconds: Int64

    init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    init?(argument: String) {
        let units: [(suffix: String, milliseconds: Int64)] = [
            ("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
        ]
        guard let unit = units.first(where: { argument.hasSuffix($0.suffix) }),
            let count = Int64(argument.dropLast(unit.suffix.count)), (0...1_000_000_000).contains(count)
        else { return nil }
        milliseconds = count * unit.milliseconds
    }

    /// As it would be written, in the largest unit that is whole.
    var defaultValueDescription: String {
        let units: [(String, Int64)] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000)]
        let unit = units.first { milliseconds > 0 && milliseconds.isMultiple(of: $0.1) } ?? ("ms", 1)
        return "\(milliseconds / unit.1)\(unit.0)"
    }
}

/// The windows of a policy as people write them on a command line: `second=20,minute=120,day=5000/1d`.
///
/// A window without a duration is one of the settings', with another limit. What is not named is not a window of the
/// policy.
struct PolicyArgument: Equatable, Sendable, ExpressibleByArgument {
    private struct Item: Equatable {
        let name: String
        let limit: Int
        let duration: DurationArgument?
    }

    private let items: [Item]

    init?(argument: String) {
        var items: [Item] = []
        for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
            let pair = part.split(separator: "=", omittingEmptySubsequences: false)
            guard pair.count == 2, !pair[0].isEmpty else { return nil }
            let amount = pair[1].split(separator: "/", omittingEmptySubsequences: false)
            guard let limit = amount.first.flatMap({ Int($0) }), amount.count <= 2 else { return nil }
            let duration = amount.count == 2 ? DurationArgument(argument: String(amount[1])) : nil
            guard amount.count == 1 || duration != nil else { return nil }
            items.append(Item(name: String(pair[0]), limit: limit, duration: duration))
        }
        self.items = items
    }

    /// The policy, with the durations of the default policy's windows where none are named.
    ///
    /// - Throws: ``CommandFailure`` naming the window at fault.
    func makePolicy(_ defaultValue: Policy) throws -> Policy {
        let windows = try items.map { item in
            let known = defaultValue.windows.first { $0.name == item.name }?.durationMilliseconds
            guard let duration = item.duration?.milliseconds ?? known else {
                throw CommandFailure(
                    .usage,
                    "--policy: there is no window \(item.name) among the settings' (\(Self.names(defaultValue)))",
                    remedy: "Say how long it lasts: \(item.name)=\(item.limit)/1h")
            }
            return Window(name: item.name, limit: item.limit, durationMilliseconds: duration)
        }
        do {
            return try Policy(windows: windows)
        } catch {
            throw CommandFailure(.usage, "--policy: \(error)")
        }
    }

    private static func names(_ policy: Policy) -> String {
        policy.windows.map(\.name).joined(separator: ", ")
    }
}

/// Numbers of instances with commas between: `1,2,4,8`.
struct FleetSizes: Equatable, Sendable, ExpressibleByArgument {
    /// The most sizes, and the most instances of one.
    static let maximumCount = 16
    static let maximumSize = 256

    let sizes: [Int]

    init(sizes: [Int]) {
        self.sizes = sizes
    }

    init?(argument: String) {
        let sizes = argument.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
        guard sizes.count <= Self.maximumCount, sizes.allSatisfy({ (1...Self.maximumSize).contains($0) }) else {
            return nil
        }
        self.sizes = sizes
    }

    var defaultValueDescription: String { sizes.map(String.init).joined(separator: ",") }
}
