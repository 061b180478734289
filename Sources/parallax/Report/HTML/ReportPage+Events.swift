import CommandSupport
import DivergenceStore
import ParallaxCore

/// What else happened in the period.
extension ReportPage {
    var events: HTML {
        var table = HTMLTable(
            "Changes of the flags, rollbacks, drills and alerts, the earliest first",
            [.text("when (UTC)"), .text("what"), .text("")])
        for event in report.events { table.add(event.time.text, event.kind.rawValue, event.text) }
        return .element(
            "section", ["aria-labelledby": "events"],
            [
                .heading("What happened in this period", id: "events"),
                table.isEmpty
                    ? .paragraph("No change of the flags, no rollback, no drill and no alert.") : table.html,
            ])
    }
}
