import CommandSupport
import DivergenceStore
import ParallaxCore

/// What else happened in the period: phases and shares, rollbacks, drills and alerts.
extension ReportText {
    var events: [String] {
        guard !report.events.isEmpty else { return [] }
        var table = TextTable([.left, .left, .left])
        for event in report.events.suffix(Self.mostEvents) {
            table.add(event.time.text, event.kind.rawValue, event.text.escapedForTerminal)
        }
        let omitted = report.events.count - Self.mostEvents
        return [style.bold("What happened in this period (UTC)")]
            + (omitted > 0 ? ["  \(NumberFormat.count(omitted)) earlier ones are in the HTML and JSON forms"] : [])
            + table.lines()
    }

    private static let mostEvents = 20
}
