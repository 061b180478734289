import GRDB
import ParallaxCore

/// Volumes as they are read, minute by minute, and summed over spans of every window's duration.
struct VolumeSums: Sendable {
    /// A window of whatever limit.
    private struct WindowKind: Hashable {
        let name: String
        let durationMilliseconds: Int64

        /// Rows hold minutes: nothing shorter can be summed.
        var spanMilliseconds: Int64 { max(60_000, durationMilliseconds) }
    }

    private struct SpanKey: Hashable {
        let identity: Int
        let window: Int
        let span: Int64
    }

    private struct Span {
        var net = 0
        /// Seconds with a verdict that differed: of a short window, each may have held a full one.
        var seconds = 0
        var limit = 0
    }

    private struct Row {
        let minute: Int64
        let identity: Int
        let windows: [Int]
        let requests: Int
    }

    private struct Identifier: Hashable {
        let organization: ExactText
        let identifier: ExactText
    }

    private var report = ReportVolume()
    private var identities: [Identifier: Int] = [:]
    private var kinds: [WindowKind: Int] = [:]
    private var spans: [SpanKey: Span] = [:]
    private var rows: [Row] = []

    mutating func add(controlUnits: Int, candidateUnits: Int) {
        report.controlUnits += controlUnits
        report.candidateUnits += candidateUnits
    }

    /// Adds one minute of an identity.
    mutating func add(
        minute: Int64, organization: ExactText, identifier: ExactText, windows: [Window], requests: Int, seconds: Int,
        controlOnlyUnits: Int, candidateOnlyUnits: Int
    ) {
        report.controlOnlyUnits += controlOnlyUnits
        report.candidateOnlyUnits += candidateOnlyUnits
        guard organization != .empty else {
            report.requestsOfUncounted += requests
            return
        }
        let identity = identities.place(of: Identifier(organization: organization, identifier: identifier))
        let places = windows.map { window in
            kinds.place(of: WindowKind(name: window.name, durationMilliseconds: window.durationMilliseconds))
        }
        for (window, place) in zip(windows, places) {
            let key = SpanKey(
                identity: identity, window: place, span: minute / max(60_000, window.durationMilliseconds))
            spans[key, default: Span()].net += candidateOnlyUnits - controlOnlyUnits
            spans[key]!.seconds += seconds
            spans[key]!.limit = window.limit
        }
        rows.append(Row(minute: minute, identity: identity, windows: places, requests: requests))
    }

    func makeVolume() -> ReportVolume {
        var report = report
        let kinds = kinds.sorted { $0.value < $1.value }.map(\.key)
        var windows = kinds.map { kind in
            ReportVolume.WindowVolume(
                name: kind.name, durationMilliseconds: kind.durationMilliseconds,
                spanMilliseconds: kind.spanMilliseconds)
        }
        var differing: Set<SpanKey> = []
        for (key, span) in spans {
            windows[key.window].spans += 1
            guard differs(span, in: kinds[key.window]) else { continue }
            differing.insert(key)
            windows[key.window].differing += 1
            windows[key.window].lessUnits += max(0, -span.net)
            windows[key.window].moreUnits += max(0, span.net)
        }
        for row in rows {
            let isDifferent = row.windows.contains { window in
                let span = row.minute / kinds[window].spanMilliseconds
                return differing.contains(SpanKey(identity: row.identity, window: window, span: span))
            }
            if isDifferent {
                report.requestsInDifferingVolumes += row.requests
            } else {
                report.requestsInEqualVolumes += row.requests
            }
        }
        report.windows = windows.sorted {
            ($0.durationMilliseconds, $0.name) < ($1.durationMilliseconds, $1.name)
        }
        return report
    }

    private func differs(_ span: Span, in kind: WindowKind) -> Bool {
        // Of a window shorter than its span, several may have been filled.
        let fillings = max(1, min(Int64(span.seconds), kind.spanMilliseconds / kind.durationMilliseconds))
        return Double(abs(span.net)) > ReportVolume.equalShare * Double(span.limit) * Double(fillings)
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
