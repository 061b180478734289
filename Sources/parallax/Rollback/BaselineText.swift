import CommandSupport
import ParallaxCore

/// The baselines that instances share, as text and as JSON.
struct BaselineText {
    /// One source's baseline. Times are milliseconds since the Unix epoch.
    struct Entry: Encodable {
        let source: String
        let state: String
        let samples: Int
        let frozenAt: Timestamp?
        let p95Milliseconds: Double?
        let medianMilliseconds: Double?
    }

    struct Document: Encodable {
        let baselines: [Entry]
        let forgottenAt: Timestamp?
        let forgottenBy: String?
        let forgottenReason: String?
    }

    let shared: SharedBaseline
    let settings: RollbackSettings
    let now: Timestamp

    var document: Document {
        Document(
            baselines: ResponseTimeSource.allCases.map(entry), forgottenAt: shared.forgotten?.time,
            forgottenBy: shared.forgotten?.by, forgottenReason: shared.forgotten?.reason)
    }

    var text: String {
        var table = TextTable([.left, .left, .right, .right, .right, .left])
        table.add("source", "state", "times", "median", "p95", "frozen")
        for entry in document.baselines {
            table.add(
                entry.source, entry.frozenAt == nil ? "none" : entry.state, NumberFormat.count(entry.samples),
                Self.milliseconds(entry.medianMilliseconds), Self.milliseconds(entry.p95Milliseconds),
                entry.frozenAt.map { "\($0.text) UTC" } ?? "")
        }
        let forgotten = shared.forgotten.map { word in
            "What was learned before \(word.time.text) UTC was forgotten by \(word.by.escapedForTerminal): "
                + word.reason.escapedForTerminal
        }
        return (table.lines(indent: 0) + [forgotten].compactMap(\.self)).joined(separator: "\n")
    }

    private func entry(_ source: ResponseTimeSource) -> Entry {
        let state = shared.baseline.state(of: source, at: now, settings: settings)
        let frozen: Baseline.Frozen? =
            switch state {
            case .learning: nil
            case .frozen(let frozen), .stale(let frozen): frozen
            }
        return Entry(
            source: source.rawValue, state: state.stage.rawValue, samples: state.samples, frozenAt: frozen?.frozenAt,
            p95Milliseconds: frozen?.samples.quantile(0.95).map { $0 / .milliseconds(1) },
            medianMilliseconds: frozen?.samples.quantile(0.5).map { $0 / .milliseconds(1) })
    }

    private static func milliseconds(_ time: Double?) -> String {
        time.map { NumberFormat.time(milliseconds: $0) } ?? "-"
    }
}
