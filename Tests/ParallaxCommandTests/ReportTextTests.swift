import DivergenceStore
import ParallaxCore
import Testing

@testable import parallax

@Suite struct ReportTextTests {
    private func makeReport() -> DivergenceReport {
        var report = DivergenceReport()
        report.from = Timestamp(milliseconds: 1_767_225_600_000)
        report.to = Timestamp(milliseconds: 1_767_225_660_000)
        report.instances = ["a", "b"]
        report.compared = 4213
        report.agreed = 4013
        report.diverged = 200
        report.incomparable = ["timed_out": 10, "disconnected": 2]
        report.control = .init(allowed: 3990, limited: 223)
        report.candidate = .init(allowed: 3810, limited: 403)
        report.kinds = ["newly_limited": 180, "different_window": 20]
        report.causes = ["other_instances": 170, "boundary": 30]
        report.causesByKind = [
            "newly_limited": ["other_instances": 170, "boundary": 10], "different_window": ["boundary": 20],
        ]
        report.storedOneByOne = 150
        report.onlyCounted = 50
        report.mostAffected = [
            .init(
                organization: "acme", identifier: "evil\u{1b}[2J", kinds: ["newly_limited": 99],
                first: Timestamp(milliseconds: 1_767_225_601_000), last: Timestamp(milliseconds: 1_767_225_659_000))
        ]
        return report
    }

    @Test("a report reads from the headline to what it stands on")
    func golden() {
        #expect(
            ReportText(report: makeReport(), style: .plain).text == """
                4,213 requests compared, 95.3 % agreed, 200 diverged

                  compared      4,213
                  agreed        4,013  95.3 %
                  diverged        200   4.7 %
                  same verdict  4,033  95.7 %
                  incomparable     12          timed_out 10, disconnected 2
                  not recorded      0

                Verdicts of the two sides
                             allowed  limited
                  control      3,990      223  5.3 %
                  candidate    3,810      403  9.6 %

                Divergences by kind and cause
                  newly_limited      180  90.0 %  ███████████████████████████
                    other_instances  170  85.0 %  █████████████████████████▌
                    boundary          10   5.0 %  █▌
                  different_window    20  10.0 %  ███
                    boundary          20  10.0 %  ███

                Most affected, by divergences stored one by one
                  organization  identifier     count  kinds             from and to (UTC)
                  acme          evil\\u{1b}[2J     99  newly_limited 99  2026-01-01 00:00:01 to 00:00:59

                What this stands on
                  whole minutes from 2026-01-01 00:00 to 2026-01-01 00:01 UTC; instances: a, b
                  of 200 divergences 150 are stored one by one, 50 only counted
                """)
    }

    @Test("without divergences there is no table of them")
    func noDivergences() {
        var report = makeReport()
        report.diverged = 0
        report.mostAffected = []
        let text = ReportText(report: report, style: .plain).text
        #expect(!text.contains("by kind"))
        #expect(!text.contains("Most affected"))
    }

    @Test("a period without records says so, and what to do")
    func nothing() {
        let text = ReportText(report: DivergenceReport(), style: .plain).text
        #expect(text.hasPrefix("Nothing was recorded in this period."))
        #expect(text.contains("parallax flags show"))
    }

    @Test("no colour leaves a terminal that asked for none")
    func colour() {
        var style = TerminalStyle.plain
        #expect(!ReportText(report: makeReport(), style: style).text.contains("\u{1b}"))
        style.hasColour = true
        #expect(ReportText(report: makeReport(), style: style).text.contains("\u{1b}[1m"))
    }
}
