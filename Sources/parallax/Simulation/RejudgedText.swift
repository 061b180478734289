import CommandSupport
import DivergenceStore
import ParallaxCore
import Simulation
import Settings

/// What a service's watchdog would have done with other settings, as text.
struct RejudgedText {
    /// Episodes that are listed one by one; JSON has all.
    static let maximumListed = 40

    let history: RejudgedHistory
    /// What was rolled back in the same time, the newest first.
    let rollbacks: [StoredRollback]

    var text: String {
        guard let first = history.first, let last = history.last else {
            return "No evaluation is stored for that time."
        }
        return [
            "Evaluations from \(Timestamp.period(first, last)) UTC, judged again: \(settings).",
            counts, wouldFire, wouldNot, rolledBack, RejudgedText.limits,
        ].compactMap(\.self).joined(separator: "\n\n")
    }

    private var settings: String {
        RollbackSettingsText.text(history.changes).map { "\($0), all else as it was" } ?? "nothing is changed"
    }

    private var counts: String {
        var table = TextTable([.left, .right, .right, .right, .right, .right])
        table.add("trigger", "evaluations", "another state", "cannot tell", "fired", "would fire")
        for trigger in Trigger.allCases {
            let counts = history.counts[trigger] ?? RejudgedHistory.Counts()
            table.add(
                trigger.rawValue, NumberFormat.count(counts.evaluations), NumberFormat.count(counts.changed),
                NumberFormat.count(counts.unknown), NumberFormat.count(history.fired.count { $0.trigger == trigger }),
                NumberFormat.count(history.wouldFire.count { $0.trigger == trigger }))
        }
        return table.lines(indent: 0).joined(separator: "\n")
    }

    private var wouldFire: String {
        guard !history.wouldFire.isEmpty else { return "With these settings nothing would have fired." }
        return list("With these settings would have fired:", history.wouldFire) { episode in
            history.fired.contains(where: episode.overlaps) ? "as it did" : "and did not"
        }
    }

    private var wouldNot: String? {
        let gone = history.fired.filter { episode in !history.wouldFire.contains(where: episode.overlaps) }
        guard !gone.isEmpty else { return nil }
        return list("Fired, and with these settings would not have:", gone) { _ in nil }
    }

    private func list(
        _ title: String, _ episodes: [FiringEpisode], note: (FiringEpisode) -> String?
    ) -> String {
        let lines = episodes.prefix(Self.maximumListed).map { line($0, note: note($0)) }
        let more = episodes.count - lines.count
        let rest = more > 0 ? ["  and \(NumberFormat.count(more)) more; --json lists them all"] : []
        return ([title] + lines + rest).joined(separator: "\n")
    }

    private func line(_ episode: FiringEpisode, note: String?) -> String {
        let notes = [note, episode.isInPlay ? nil : "in legacy, with nothing to roll back"].compactMap(\.self)
        return """
              \(Timestamp.period(episode.first.time, episode.end))  \(episode.trigger.rawValue)\
            \(notes.isEmpty ? "" : "  (\(notes.joined(separator: "; ")))")
                \(episode.first.sentence.escapedForTerminal)
            """
    }

    private var rolledBack: String {
        guard !rollbacks.isEmpty else { return "Nothing was rolled back in that time." }
        return "What the watchdog did in that time:\n"
            + rollbacks.reversed().map { stored in
                "  \(stored.rollback.evaluation.time.text)  "
                    + stored.rollback.evaluation.trigger.rawValue
                    + (stored.rollback.isDryRun ? "  dry run" : "  rolled back")
            }.joined(separator: "\n")
    }

    private static let limits = """
        Stored are each evaluation's counts and bounds over its own windows. They cannot show the effect of other window \
        lengths, another interval, quantile or baseline, or other runs of good probes; nor what would have happened after a \
        rollback that did not take place, or without one that did.
        """
}

/// The watchdog's settings in one paragraph.
enum RollbackSettingsText {
    static func text(_ settings: RollbackSettings) -> String {
        """
        Settings: Redis down more than \(settings.redisDownSeconds) s\
        \(settings.redisDownWindowSeconds > settings.redisDownSeconds
            ? ", at once or within \(settings.redisDownWindowSeconds) s in all" : ""); errors above \
        \(NumberFormat.plain(settings.errorRatePercent)) % over \(settings.errorWindowSeconds) s and \
        \(settings.errorShortWindowSeconds) s of at least \(NumberFormat.count(settings.errorMinimum)) attempts\
        \(settings.outagesAsErrors ? ", outages among them" : ""); response times above \
        \(NumberFormat.plain(settings.responseTimeFactor)) x and \
        \(NumberFormat.plain(settings.responseTimeFloorMilliseconds)) ms of at least \
        \(NumberFormat.count(settings.responseTimeMinimum)); evaluated every \(settings.evaluationInterval) s.
        """
    }

    /// What is tried instead of the stored settings; `nil` if nothing is.
    static func text(_ changes: RollbackSettings.Changes) -> String? {
        var parts: [String] = []
        if let value = changes.redisDownSeconds { parts.append("Redis down more than \(value) s") }
        if let value = changes.errorRatePercent { parts.append("errors above \(NumberFormat.plain(value)) %") }
        if let value = changes.errorMinimum { parts.append("at least \(NumberFormat.count(value)) attempts") }
        if let value = changes.outagesAsErrors {
            parts.append(value ? "outages count as errors" : "outages are not errors")
        }
        if let value = changes.responseTimeFactor {
            parts.append("response times above \(NumberFormat.plain(value)) x the baseline")
        }
        if let value = changes.responseTimeFloorMilliseconds {
            parts.append("response times above \(NumberFormat.plain(value)) ms")
        }
        if let value = changes.responseTimeUnwaited {
            parts.append(
                value ? "response times fire though no caller waits" : "response times fire only if a caller waits")
        }
        if let value = changes.responseTimeMinimum {
            parts.append("at least \(NumberFormat.count(value)) response times")
        }
        return parts.isEmpty ? nil : parts.joined(separator: "; ")
    }
}
