import GRDB
import ParallaxCore

/// How much each side let through, and where that differs: two right limiters admit different requests of one burst,
/// and as many of them.
package struct ReportVolume: Codable, Equatable, Sendable {
    /// Where the volumes of one window differ, over spans of time in which an identity's verdicts differed at all.
    package struct WindowVolume: Codable, Equatable, Sendable {
        package var name: String
        package var durationMilliseconds: Int64
        /// The time over which units are summed: the window's duration, and a minute at least.
        package var spanMilliseconds: Int64
        /// Spans of identities with a verdict that differed.
        package var spans = 0
        /// Those in which the units that the sides accepted differ by more than ``ReportVolume/equalShare`` of the
        /// limit.
        package var differing = 0
        /// Units that the candidate would let through less, and more, in them.
        package var lessUnits = 0
        package var moreUnits = 0
    }

    /// The share of a limit by which volumes may differ and still be called equal.
    package static let equalShare = 0.05

    /// Units that each side accepted, of all compared requests.
    package var controlUnits = 0
    package var candidateUnits = 0
    /// Units that only one side accepted.
    package var controlOnlyUnits = 0
    package var candidateOnlyUnits = 0
    /// Verdicts that differed while, in every window, as much got through: a matter of which request of a burst.
    package var requestsInEqualVolumes = 0
    /// Verdicts that differed where the volume of a window did.
    package var requestsInDifferingVolumes = 0
    /// Verdicts that differed for identities beyond the bound of one minute, counted together: in neither of the two.
    package var requestsOfUncounted = 0
    /// The shortest first.
    package var windows: [WindowVolume] = []

    package init() {}
}

/// Volumes as they are read, minute by minute, and summed over spans of every window's duration.
///
/// Rows are kept small and summed at the end, an identity at a time: a table of all spans would take several times as
/// long.
struct VolumeSums: Sendable {
    /// A window of whatever limit.
    private struct WindowKind: Hashable {
        let name: String
        let durationMilliseconds: Int64

        /// Rows hold minutes: nothing shorter can be summed.
        var spanMilliseconds: Int64 { max(60_000, durationMilliseconds) }
    }

    /// A window as one policy has it.
    private struct PolicyWindow: Hashable {
        let kind: Int
        let limit: Int
    }

    private struct Row {
        let minute: Int64
        let identity: Int32
        /// The place of the policy's windows.
        let policy: Int32
        let requests: Int
        /// Of the minute, with a verdict that differed: of a short window, each may have held a full one.
        let seconds: Int
        /// Units that the candidate lets through more.
        let net: Int
        /// Whether a span that it lies in differs.
        var differs = false
    }

    private struct Span {
        private(set) var net = 0
        private var seconds = 0
        private var limit = 0
        private(set) var isEmpty = true

        mutating func add(_ row: Row, limit: Int) {
            net += row.net
            seconds += row.seconds
            self.limit = limit
            isEmpty = false
        }

        func differs(over kind: WindowKind) -> Bool {
            // Of a window shorter than its span, several may have been filled.
            let fillings = max(1, min(Int64(seconds), kind.spanMilliseconds / kind.durationMilliseconds))
            return Double(abs(net)) > ReportVolume.equalShare * Double(limit) * Double(fillings)
        }
    }

    private var report = ReportVolume()
    private(set) var identities = NameInterner()
    private(set) var callers = CallerCounts()
    private var kinds: [WindowKind: Int] = [:]
    private var policies: [[PolicyWindow]: Int] = [:]
    private var rows: [Row] = []

    /// Notes a policy.
    ///
    /// - Returns: What rows name it by.
    mutating func place(of windows: [Window]) -> Int {
        policies.place(
            of: windows.map { window in
                let kind = WindowKind(name: window.name, durationMilliseconds: window.durationMilliseconds)
                return PolicyWindow(kind: kinds.place(of: kind), limit: window.limit)
            })
    }

    /// Notes an identity by the bytes of its names.
    ///
    /// - Returns: What rows name it by; `nil` for all identities beyond a bound together, whose organization is empty.
    mutating func number(of organization: UnsafeRawBufferPointer, _ identifier: UnsafeRawBufferPointer) -> Int? {
        organization.isEmpty ? nil : identities.number(of: organization, identifier)
    }

    /// Adds one minute of an identity.
    ///
    /// - Parameters:
    ///   - identity: From ``number(of:_:)``.
    ///   - policy: From ``place(of:)``.
    ///   - newlyLimited: Those of the requests that only the candidate limits; `nil` if that was not counted.
    mutating func add(
        minute: Int64, identity: Int?, policy: Int, requests: Int, seconds: Int, controlOnlyUnits: Int,
        candidateOnlyUnits: Int, newlyLimited: Int? = nil
    ) {
        report.controlOnlyUnits += controlOnlyUnits
        report.candidateOnlyUnits += candidateOnlyUnits
        guard let identity else {
            report.requestsOfUncounted += requests
            return
        }
        let limited = newlyLimited ?? Self.share(requests, controlOnlyUnits, of: controlOnlyUnits + candidateOnlyUnits)
        callers.add(identity: identity, minute: minute, newlyLimited: limited, newlyAllowed: requests - limited)
        rows.append(
            Row(
                minute: minute, identity: Int32(identity), policy: Int32(policy), requests: requests, seconds: seconds,
                net: candidateOnlyUnits - controlOnlyUnits))
    }

    /// Of requests whose directions were not counted, those that go with so many of the units.
    private static func share(_ requests: Int, _ part: Int, of whole: Int) -> Int {
        whole > 0 ? Int((Double(requests) * Double(part) / Double(whole)).rounded()) : 0
    }

    func makeVolume() -> ReportVolume {
        var report = report
        let kinds = kinds.sorted { $0.value < $1.value }.map(\.key)
        var windows = kinds.map { kind in
            ReportVolume.WindowVolume(
                name: kind.name, durationMilliseconds: kind.durationMilliseconds,
                spanMilliseconds: kind.spanMilliseconds)
        }
        var rows = rowsByIdentity()
        for (place, kind) in kinds.enumerated() {
            Self.sum(&rows, over: kind, limits: limits(of: place), into: &windows[place])
        }
        for row in rows {
            if row.differs {
                report.requestsInDifferingVolumes += row.requests
            } else {
                report.requestsInEqualVolumes += row.requests
            }
        }
        report.windows = windows.filter { $0.spans > 0 }.sorted {
            ($0.durationMilliseconds, $0.name) < ($1.durationMilliseconds, $1.name)
        }
        return report
    }

    /// All rows, identity by identity, each in the order of time.
    private func rowsByIdentity() -> [Row] {
        // By counting: there are far fewer identities than rows, and the rows of one database come in the order of
        // time.
        var next = Array(repeating: 0, count: identities.count + 1)
        for row in rows { next[Int(row.identity) + 1] += 1 }
        for identity in 0..<identities.count { next[identity + 1] += next[identity] }
        var sorted = rows
        for row in rows {
            sorted[next[Int(row.identity)]] = row
            next[Int(row.identity)] += 1
        }
        let isInOrder = zip(sorted, sorted.dropFirst()).allSatisfy {
            $0.identity != $1.identity || $0.minute <= $1.minute
        }
        if !isInOrder { sorted.sort { ($0.identity, $0.minute) < ($1.identity, $1.minute) } }
        return sorted
    }

    /// A window's limit in each policy; `nil` if the policy has no such window.
    private func limits(of kind: Int) -> [Int?] {
        policies.sorted { $0.value < $1.value }.map { windows, _ in windows.first { $0.kind == kind }?.limit }
    }

    /// Sums one window over rows in order, span by span, and marks those whose span differs.
    private static func sum(
        _ rows: inout [Row], over kind: WindowKind, limits: [Int?], into window: inout ReportVolume.WindowVolume
    ) {
        var start = 0
        while start < rows.count {
            let (identity, number) = (rows[start].identity, rows[start].minute / kind.spanMilliseconds)
            var span = Span()
            var end = start
            while end < rows.count, rows[end].identity == identity,
                rows[end].minute / kind.spanMilliseconds == number
            {
                if let limit = limits[Int(rows[end].policy)] { span.add(rows[end], limit: limit) }
                end += 1
            }
            if !span.isEmpty { window.spans += 1 }
            if span.differs(over: kind) {
                window.differing += 1
                window.lessUnits += max(0, -span.net)
                window.moreUnits += max(0, span.net)
                for place in start..<end where limits[Int(rows[place].policy)] != nil { rows[place].differs = true }
            }
            start = end
        }
    }
}

extension Dictionary where Value == Int {
    /// The place of a key, in the order in which keys were first asked for.
    fileprivate mutating func place(of key: Key) -> Int {
        if let place = self[key] { return place }
        self[key] = count
        return count - 1
    }
}
