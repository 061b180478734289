import CommandSupport
import DivergenceStore
import ParallaxCore

/// How much gets through: what agreement, request by request, does not tell.
extension ReportPage {
    var volume: HTML {
        let volume = report.volume
        guard volume.controlUnits + volume.candidateUnits > 0 else { return .empty }
        let sentences = VolumeSentences(volume)
        var content = [HTML.heading("How much gets through", id: "volume"), .paragraph(sentences.through)]
        content += sentences.phase.map { [.paragraph($0)] } ?? []
        if !volume.windows.isEmpty { content += [.paragraph(VolumeSentences.span, class: "muted"), windows] }
        content += sentences.noneMore(newlyAllowed: report.newlyAllowed.requests).map { [.paragraph($0)] } ?? []
        content += report.noise.map { [.paragraph(VolumeSentences.noise($0), class: "muted")] } ?? []
        return .element("section", ["aria-labelledby": "volume"], content)
    }

    private var windows: HTML {
        var table = HTMLTable(
            "Spans, and those in which the units let through differ",
            [
                .text("window"), .number("spans"), .number("differing"), .number("units less"),
                .number("units more"),
            ])
        for window in report.volume.windows {
            table.add(
                window.name, NumberFormat.count(window.spans), NumberFormat.count(window.differing),
                NumberFormat.count(window.lessUnits), NumberFormat.count(window.moreUnits))
        }
        return table.html
    }
}
