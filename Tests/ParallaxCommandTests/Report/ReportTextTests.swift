import DivergenceStore
import Foundation
import ParallaxCore
import Testing

@testable import parallax

@Suite struct ReportTextTests {
    private func makeReport() -> DivergenceReport {
        let first = Timestamp(milliseconds: 1_767_225_600_000)
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
        report.causeTimes = [
            "other_instances": .init(from: first, to: first + 60_000, busiest: first, busiestRequests: 120)
        ]
        report.durations = .init(
            requests: 4213,
            control: .init(medianMicroseconds: 40, p95Microseconds: 90, p99Microseconds: 200),
            candidate: .init(medianMicroseconds: 900, p95Microseconds: 2_400, p99Microseconds: 12_000))
        report.storedOneByOne = 150
        report.onlyCounted = 50
        report.newlyLimited.requests = 180
        report.newlyLimited.organizationCount = 2
        report.newlyLimited.identityCount = 1
        report.newlyLimited.organizations = [
            .init(organization: "acme", requests: 170, first: first, last: first + 60_000),
            .init(organization: nil, requests: 10, first: first, last: first),
        ]
        report.newlyLimited.identities = [
            .init(
                organization: "acme", identifier: "evil\u{1b}[2J", requests: 169, stored: 99, first: first,
                last: first + 60_000)
        ]
        report.coverage.minutes = 2
        report.coverage.recordedMinutes = 2
        report.coverage.instances = [
            .init(name: "a", starts: 2, from: first, to: first + 119_000, downMilliseconds: 65_000)
        ]
        report.controlWhereIncomparable = .init(allowed: 9, limited: 3)
        report.previous = .init(
            since: first + -120_000, until: first, compared: 5000, diverged: 150,
            kinds: ["newly_limited": 130, "different_window": 20], causes: ["other_instances": 120, "boundary": 30])
        var figures = GateInputs()
        figures.recordedMinutes = 2
        figures.compared = 4213
        figures.lostWrites = 1
        report.gate = Gate(figures, now: first)
        return report
    }

    @Test("who was held out is among what the figures stand on, where there is a hold-out", arguments: [0, 1_500])
    func heldOut(count: Int) {
        var report = makeReport()
        report.heldOut = count
        let text = ReportText(report: report, style: .plain).text
        #expect(text.contains("held out") == (count > 0))
        #expect(text.contains("1,500") == (count > 0))
    }

    @Test("a report reads from the headline to what it stands on")
    func golden() {
        #expect(
            ReportText(report: makeReport(), style: .plain).text == """
                NO-GO: fix or settle the following first
                  - Redis lost writes that it had accepted, seen in 1 divergence: look at its persistence, failovers and maxmemory-policy.
                  - Records cover only 2 min: compare for another 23 h 58 min.
                  - Only 4,213 requests compared so far: 5,787 more are needed.
                  - No instance has recorded anything here.
                  - How long the candidate takes was not measured in this period: compare with this version.
                  - The instances that recorded this have evaluated no trigger: run the instances with the watchdog.
                  - Not evaluated by the instances that recorded this: redis_down, error_rate, response_time. Run the instances with the watchdog.
                  - The rollback was never drilled. Drill a rollback before you need one: parallax rollback drill.

                180 of 4,213 requests (4.3 %) would get another verdict
                  newly limited      180  4.3 %  1 caller of 2 organizations
                  newly let through    0    0 %
                  Control is the limiter in each instance's memory, the candidate the one in Redis that all instances share.
                Not judged by the gate:
                  - 4.3 % of the requests would newly be refused: decide whether that is wanted

                  not yet      covered      2 min                                 at least 24 h
                  not yet      compared     4,213                                 at least 10,000
                  pass         gaps         0 min                                 at most 5 %
                  pass         recorded     0 lost                                at most 1 %
                  cannot tell  instances    0 of 0 heard                          all that share the flag file
                  pass         answered     0 unanswered, 0 %                     at most 1 %
                  cannot tell  latency      not measured                          the limit of response_time
                  pass         unexplained  0, 0 % (95 % interval up to 0.091 %)  below 0.1 %, its interval too
                  FAIL         lost_writes  1                                     none
                  pass         bugs         0                                     none
                  cannot tell  triggers     not watched                           none suspect or firing
                  cannot tell  armed        0 of 0                                all triggers
                  not yet      drill        never                                 within 30 days, all instances at the time

                Who would newly be limited: 180 requests of 1 caller of 2 organizations
                  organization             requests  of compared  first and last minute (UTC)
                  acme                          170          4 %  2026-01-01 00:00 to 00:01
                  (further ones together)        10       0.24 %  2026-01-01 00:00 to 00:00

                  organization  caller         requests  first and last minute (UTC)
                  acme          evil\\u{1b}[2J       169  2026-01-01 00:00 to 00:01

                Who would newly be let through: none

                Why: causes of divergences
                  cause            change verdicts  of compared   95 % interval  others  when (UTC), and the busiest minute
                  unexplained                    0          0 %    0 to 0.091 %       0
                  other_instances              170          4 %    3.5 to 4.7 %       0  2026-01-01 00:00 to 00:01, most at 2026-01-01 00:00 (120)
                  boundary                      10       0.24 %  0.13 to 0.44 %      20
                  other_instances  Control cannot see what other instances let through: what the migration is for.
                  boundary         The request came within milliseconds of a window's edge: expected, and harmless.

                Why: kinds, each with its causes
                  kind and cause     requests  of compared   95 % interval
                  newly_limited           180        4.3 %    3.7 to 4.9 %
                    other_instances       170          4 %    3.5 to 4.7 %
                    boundary               10       0.24 %  0.13 to 0.44 %
                  different_window         20       0.47 %  0.31 to 0.73 %
                    boundary               20       0.47 %  0.31 to 0.73 %

                What changed against the period before: 2025-12-31 23:58 to 2026-01-01 00:00 UTC, 5,000 compared
                  of compared       before         now
                  newly_limited        130  2.6 %  180   4.3 %  clearly more
                  different_window      20  0.4 %   20  0.47 %
                  boundary              30  0.6 %   30  0.71 %
                  other_instances      120  2.4 %  170     4 %  clearly more

                What the figures stand on
                  compared      4,213
                  same verdict  4,033  95.7 %
                  agreed        4,013  95.3 %  same verdict, window and remainder
                  diverged        200   4.7 %  newly_limited 180, different_window 20
                  incomparable     12          timed_out 10, disconnected 2
                  not recorded      0
                  of 200 divergences 150 are stored one by one, 50 only counted

                Verdicts of the two sides
                             allowed  limited
                  control      3,990      223  5.3 %
                  candidate    3,810      403  9.6 %

                How long both sides took: 4,213 requests that both judged, of all organizations
                             median     p95     p99
                  control     40 µs   90 µs  200 µs
                  candidate  900 µs  2.4 ms   12 ms

                When, and by which instances
                  whole minutes from 2026-01-01 00:00 to 00:01 UTC: 2 of 2 hold records
                  instance  starts  from and to (UTC)
                  a              2  2026-01-01 00:00:00 to 00:01:59  down for 1 min 5 s

                Outages: the candidate had no verdict on 12 requests. Failing closed, it would have
                  refused 9 that control allowed, 0.21 % of all.
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

    @Test("requests that are newly let through without more units, and what happened, have their sentences")
    func sentences() throws {
        var report = makeReport()
        report.volume.controlUnits = 10
        report.volume.candidateUnits = 9
        let window =
            #"{"name":"minute","durationMilliseconds":60000,"spanMilliseconds":60000,"spans":3,"differing":1,"lessUnits":9,"moreUnits":0}"#
        report.volume.windows = [
            try JSONDecoder().decode(ReportVolume.WindowVolume.self, from: Data(window.utf8))
        ]
        report.newlyAllowed.requests = 404
        let time = Timestamp(milliseconds: 1_767_225_600_000)
        report.events = [ReportEvent(time: time, kind: .rollback, text: "error_rate: 7 %\u{1b} (not acknowledged)")]
        let text = ReportText(report: report, style: .plain).text
        #expect(text.contains("no units more, although 404 requests would newly be let through"))
        #expect(text.contains("A span is one caller over a window's duration"))
        #expect(text.contains("2026-01-01 00:00:00  rollback  error_rate: 7 %\\u{1b} (not acknowledged)"))
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
