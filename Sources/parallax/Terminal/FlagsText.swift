import CommandSupport
import FeatureFlags
import ParallaxCore

/// The state of the flags as text for a terminal.
struct FlagsText {
    let health: FlagHealth

    var text: String {
        var table = TextTable([.left, .left, .left])
        for row in zip(FlagsText.rows(health.effective), FlagsText.rows(health.file)) {
            table.add(row.0.name, row.0.value, row.0.value == row.1.value ? "" : "the file says \(row.1.value)")
        }
        let notes = health.notes.map { "  note: \($0.escapedForTerminal)" }
        let source = health.state == .ok ? "file" : "\(health.state.rawValue) file"
        return
            ([
                "strategy  \(health.effective.strategy.rawValue)",
                "\(source.padded(to: 8))  \(health.path.escapedForTerminal)",
            ]
            + table.lines() + notes).joined(separator: "\n")
    }

    /// One flag a row, by the names of the file.
    static func rows(_ values: FlagValues) -> [(name: String, value: String)] {
        [
            (FlagName.distributedEnabled.rawValue, "\(values.distributedEnabled)"),
            (FlagName.hybrid.rawValue, "\(values.hybrid)"),
            (FlagName.failOpen.rawValue, "\(values.failOpen)"),
            (FlagName.enforcementPercent.rawValue, NumberFormat.plain(values.enforcementPercent)),
        ]
    }

    /// What a change did, in one line: `hybrid -> legacy (DISTRIBUTED_RATE_LIMITING_ENABLED true -> false)`.
    static func change(from: FlagValues?, to: FlagValues) -> String {
        guard let from else { return to.strategy.rawValue }
        let flags = zip(rows(from), rows(to)).filter { $0.value != $1.value }
            .map { "\($0.name) \($0.value) -> \($1.value)" }
        let strategy =
            from.strategy == to.strategy ? to.strategy.rawValue : "\(from.strategy.rawValue) -> \(to.strategy.rawValue)"
        return flags.isEmpty ? strategy : "\(strategy) (\(flags.joined(separator: ", ")))"
    }
}
