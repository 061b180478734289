package import ParallaxCore

/// What happened within a report's period, next to its comparisons.
package struct ReportEvent: Codable, Equatable, Sendable {
    /// The raw values are shown and read by programs: they never change.
    package enum Kind: String, Codable, CaseIterable, Sendable {
        /// The flags changed: the phase, the share, or another flag.
        case flags
        case rollback
        /// A trigger fired that only records.
        case dryRun = "dry_run"
        case drill
        case alert
    }

    package var time: Timestamp
    package var kind: Kind
    /// In a sentence without its end. It can quote strangers.
    package var text: String

    package init(time: Timestamp, kind: Kind, text: String) {
        self.time = time
        self.kind = kind
        self.text = text
    }
}

extension ReportEvent {
    init(_ change: FlagChange) {
        self.init(
            time: change.time, kind: .flags,
            text: "\(Self.change(from: change.from, to: change.to)), by \(change.by): \(change.reason)")
    }

    init(_ rollback: Rollback) {
        let word =
            rollback.isDryRun
            ? "dry run"
            : rollback.acknowledgement.map { "acknowledged by \($0.by): \($0.reason)" } ?? "not acknowledged"
        self.init(
            time: rollback.evaluation.time, kind: rollback.isDryRun ? .dryRun : .rollback,
            text: "\(rollback.evaluation.trigger.rawValue): \(rollback.evaluation.sentence) (\(word))")
    }

    init(_ drill: RollbackDrill) {
        var instances =
            drill.heard?.joined(separator: ", ") ?? drill.instances.map { NumberFormat.counted($0, "instance") }
            ?? "instances"
        if let unheard = drill.unheard, !unheard.isEmpty {
            instances += " (not drilled: \(unheard.joined(separator: ", ")))"
        }
        let times = [
            drill.appliedMilliseconds.map { "in legacy after \($0) ms" },
            drill.restoredMilliseconds.map { "back after \($0) ms" },
        ].compactMap(\.self).joined(separator: ", ")
        let person = drill.by.map { ", by \($0): \(drill.reason ?? "")" } ?? ""
        self.init(
            time: drill.time, kind: .drill, text: "\(instances) \(times.isEmpty ? "drilled" : times)\(person)")
    }

    /// A drill of which nothing but its changes is kept, such as one before the last.
    init(drillFrom flip: FlagChange, to end: FlagChange?) {
        let end =
            end.map { "flags back after \($0.time - flip.time) ms" } ?? "its end is not in the history of this period"
        self.init(time: flip.time, kind: .drill, text: "\(flip.reason); \(end)")
    }

    /// `hybrid -> hybrid with 10 % on the candidate`; the changed flag if that is another.
    private static func change(from: FlagValues?, to: FlagValues) -> String {
        guard let from else { return "the first file, \(phase(to))" }
        guard phase(from) == phase(to) else { return "\(phase(from)) -> \(phase(to))" }
        return from.failOpen == to.failOpen
            ? "the file changed, still \(phase(to))"
            : "\(FlagName.failOpen.rawValue) \(from.failOpen) -> \(to.failOpen)"
    }

    private static func phase(_ values: FlagValues) -> String {
        guard values.strategy == .hybrid else { return values.strategy.rawValue }
        return values.enforcementPercent == 0
            ? "hybrid" : "hybrid with \(NumberFormat.share(percent: values.enforcementPercent)) on the candidate"
    }
}
