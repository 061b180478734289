import CommandSupport
import DivergenceStore
import ParallaxCore

/// One divergence as lines for a terminal.
struct DivergenceText {
    let divergence: StoredDivergence

    var text: String {
        """
        \(divergence.time.text) UTC  \(divergence.kind.rawValue) by \(divergence.cause.rawValue)  \
        \(divergence.identifier.escapedForTerminal) of \(divergence.organization.escapedForTerminal)
          control    \(verdict(divergence.control))
          candidate  \(verdict(divergence.candidate))
          \(NumberFormat.counted(divergence.cost, "unit")) on \(divergence.instance.escapedForTerminal), which had sent \
        \(own); enforced: \(divergence.enforced.rawValue)
        """
    }

    private func verdict(_ verdict: StoredDivergence.Verdict) -> String {
        let windows = verdict.windows.map { "\($0.window.name.escapedForTerminal) \($0.used)/\($0.window.limit)" }
        let outcome =
            verdict.limitedBy.map {
                "limited by \($0.escapedForTerminal) for \(NumberFormat.count(Int(verdict.retryAfterMilliseconds))) ms"
            } ?? "allowed"
        return
            "\(outcome); \(windows.joined(separator: ", ")); took \(NumberFormat.time(microseconds: verdict.durationMicroseconds))"
    }

    /// Units in each window that the candidate had accepted from the instance.
    private var own: String {
        let units = divergence.evidence.ownUnits
        return units.isEmpty ? "an unknown number" : units.map(String.init).joined(separator: ", ")
    }
}
