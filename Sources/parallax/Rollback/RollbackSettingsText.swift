import CommandSupport
import Settings
import ParallaxCore

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
