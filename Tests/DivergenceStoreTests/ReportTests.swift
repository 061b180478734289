import Foundation
import ParallaxCore
import Testing

@testable import DivergenceStore

@Suite struct ReportTests {
    @Test("an empty database gives an empty report")
    func emptyReport() async throws {
        try await withStore { store in
            let report = try await store.report()
            var empty = DivergenceReport()
            (empty.newlyLimited.identityCount, empty.newlyAllowed.identityCount) = (0, 0)
            #expect(report == empty)
        }
    }

    @Test(
        "each filter takes what it names and leaves the rest",
        arguments: [
            (DivergenceFilter(), 6, 5),
            (DivergenceFilter(organization: "a"), 3, 3),
            (DivergenceFilter(organization: "A"), 0, 0),
            (DivergenceFilter(organization: "' OR 1=1 --"), 0, 0),
            (DivergenceFilter(kind: .newlyLimited), 6, 3),
            (DivergenceFilter(cause: .boundary), 6, 3),
            (DivergenceFilter(kind: .newlyLimited, cause: .boundary), 6, 2),
            (DivergenceFilter(since: .sample.plus(minutes: 1)), 3, 2),
            (DivergenceFilter(until: .sample.plus(minutes: 1)), 3, 3),
            (DivergenceFilter(since: .sample.plus(minutes: 1), until: .sample.plus(minutes: 2)), 2, 1),
            (DivergenceFilter(since: .sample.plus(minutes: 1), organization: "b", kind: .newlyAllowed), 2, 1),
        ])
    func filters(filter: DivergenceFilter, compared: Int, diverged: Int) async throws {
        try await withStore { store in
            let recorder = Recorder.sample(store)
            let comparisons: [(Comparison.Result, String, Int64)] = [
                (.diverged(.newlyLimited, .boundary), "a", 0),
                (.diverged(.newlyLimited, .boundary), "a", 0),
                (.diverged(.newlyLimited, .restart), "b", 0),
                (.diverged(.newlyAllowed, .boundary), "a", 1),
                (.agreed, "b", 1),
                (.diverged(.newlyAllowed, .restart), "b", 2),
            ]
            for (result, organization, minute) in comparisons {
                recorder.compared(.sample(result, organization: organization, at: .sample.plus(minutes: minute)))
            }
            await recorder.flush()
            let report = try await store.report(filter)
            #expect(report.compared == compared)
            #expect(report.diverged == diverged)
            #expect(report.kinds.values.reduce(0, +) == diverged)
            #expect(report.causes.values.reduce(0, +) == diverged)
            #expect(report.causesByKind.values.flatMap(\.values).reduce(0, +) == diverged)
            #expect(report.storedOneByOne == diverged)
            #expect(report.mostAffected.flatMap(\.kinds.values).reduce(0, +) == diverged)
            #expect(report.mostAffectedOrganizations.flatMap(\.kinds.values).reduce(0, +) == diverged)
            #expect(report.timeline.map(\.compared).reduce(0, +) == compared)
            #expect(report.timeline.map(\.diverged).reduce(0, +) == diverged)
            #expect(try await store.divergences(filter, limit: .max).count == diverged)
        }
    }

    @Test("times within a minute are widened to it, so that totals and rows speak of the same requests")
    func widensToMinutes() async throws {
        try await withStore { store in
            let recorder = Recorder.sample(store)
            for seconds in [0, 30, 59] as [Int64] {
                recorder.compared(.sample(.diverged(.newlyLimited, .boundary), at: .sample + seconds * 1_000))
            }
            await recorder.flush()
            let filter = DivergenceFilter(since: .sample + 20_000, until: .sample + 40_000)
            let report = try await store.report(filter)
            #expect(report.diverged == 3)
            #expect(report.mostAffected.first?.kinds == ["newly_limited": 3])
            #expect(try await store.divergences(filter, limit: 9).map(\.time) == [.sample + 30_000])
        }
    }

    @Test("figures and lists over days are as exact as over minutes")
    func spansDays() async throws {
        try await withStore { store in
            let recorder = Recorder.sample(store)
            for hour in 0..<72 as Range<Int64> {
                for identifier in ["x", hour % 2 == 0 ? "even" : "odd"] {
                    recorder.compared(
                        .sample(
                            .diverged(.newlyLimited, .boundary), identifier: identifier,
                            at: .sample.plus(minutes: hour * 60)))
                }
            }
            await recorder.flush()
            let filter = DivergenceFilter(
                since: .sample.plus(minutes: 5 * 60), until: .sample.plus(minutes: 35 * 60), organization: "acme")
            let report = try await store.report(filter)
            #expect(report.mostAffected.map(\.identifier) == ["x", "even", "odd"])
            #expect(report.mostAffected.map { $0.kinds["newly_limited"] } == [30, 15, 15])
            #expect(report.mostAffected[0].first == .sample.plus(minutes: 5 * 60))
            #expect(report.mostAffected[0].last == .sample.plus(minutes: 34 * 60))
            let newest = try await store.divergences(filter, limit: 3)
            #expect(newest.map { ($0.time - .sample) / 3_600_000 } == [34, 34, 33])
        }
    }

    @Test("two databases merge as if they were one")
    func merges() async throws {
        try await withStore { first in
            try await withStore { second in
                let (one, two) = (Recorder.sample(first, instance: "one"), Recorder.sample(second, instance: "two"))
                one.compared(.sample(.diverged(.newlyLimited, .boundary), identifier: "x"))
                one.compared(.sample(.agreed))
                two.compared(.sample(.diverged(.newlyLimited, .restart), identifier: "x", at: .sample.plus(minutes: 3)))
                two.compared(.sample(.diverged(.newlyAllowed, .boundary), identifier: "y"))
                two.compared(.sample(.incomparable(.timedOut)))
                await one.flush()
                await two.flush()
                let report = try await DivergenceStore.report(of: [first, second])
                #expect(report.instances == ["one", "two"])
                #expect(report.sum == 5)
                #expect(
                    report.causesByKind == [
                        "newly_limited": ["boundary": 1, "restart": 1], "newly_allowed": ["boundary": 1],
                    ])
                #expect(report.from == .sample)
                #expect(report.to == .sample.plus(minutes: 3))
                #expect(report.mostAffected.map(\.identifier) == ["x", "y"])
                #expect(report.mostAffected[0].kinds == ["newly_limited": 2])
                #expect(report.mostAffected[0].first == .sample)
                #expect(report.mostAffected[0].last == .sample.plus(minutes: 3))
                #expect(report.timeline.map(\.compared) == [3, 1])
                #expect(report.timeline.map(\.incomparable) == [1, 0])
            }
        }
    }

    @Test("one database named twice is refused, since it would count double")
    func refusesRepeated() async throws {
        try await withTemporaryPath { path in
            let first = try DivergenceStore(path: path)
            let link = path + ".link"
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
            let second = try DivergenceStore(readingFrom: link)
            let error = await #expect(throws: DivergenceStoreError.self) {
                try await DivergenceStore.report(of: [first, second])
            }
            #expect(error?.code == .repeated)
        }
    }

    @Test(
        "the timeline has whole steps and never more than 240",
        arguments: [(1, 1), (238, 1), (239, 5), (1_194, 5), (1_195, 15), (43_200, 360), (1_000_000, 4_320)]
            as [(Int64, Int64)])
    func choosesSteps(lastMinute: Int64, stepMinutes: Int64) {
        var totals = ReportTotals(filter: DivergenceFilter())
        for minute in [0, lastMinute] {
            totals.add(
                TotalRow(
                    minute: .sample.plus(minutes: minute), outcome: "agreed", detail: "", cause: "", requests: 2,
                    stored: 0,
                    controlAllowed: 2, controlLimited: 0, candidateAllowed: 2, candidateLimited: 0, controlUnits: 0,
                    candidateUnits: 0))
        }
        let report = totals.makeReport()
        #expect(report.timelineStepMilliseconds == stepMinutes * 60_000)
        #expect(report.timeline.map(\.compared) == [2, 2])
        #expect(report.timeline.allSatisfy { $0.start.milliseconds % report.timelineStepMilliseconds == 0 })
        let (first, last) = (report.timeline[0].start, report.timeline[1].start)
        #expect((last - first) / report.timelineStepMilliseconds < 240)
    }

    @Test("the most affected come first, equals in the order of their bytes, and no more than asked for")
    func ordersMostAffected() async throws {
        try await withStore { store in
            let recorder = Recorder.sample(store)
            for identifier in ["b", "a", "c", "c", "d"] {
                recorder.compared(.sample(.diverged(.newlyLimited, .boundary), identifier: identifier))
            }
            await recorder.flush()
            let report = try await store.report(maximumAffected: 3)
            #expect(report.mostAffected.map(\.identifier) == ["c", "a", "b"])
        }
    }

    @Test("the JSON form has its version and every documented key, and reads back as it was")
    func encodesJSON() async throws {
        try await withStore { store in
            let recorder = Recorder.sample(store) { $0.maximumRowsPerMinuteAndGroup = 1 }
            for result in everyResult + everyResult { recorder.compared(.sample(result)) }
            await recorder.flush()
            let report = try await store.report()
            let data = try JSONEncoder().encode(report)
            let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
            #expect(object["version"] as? Int == 1)
            #expect(object["compared"] as? Int == report.compared)
            #expect(object["agreed"] as? Int == report.agreed)
            #expect(object["diverged"] as? Int == report.diverged)
            for key in ["incomparable", "dropped", "kinds", "causes"] { #expect(object[key] is [String: Int]) }
            for side in ["control", "candidate"] {
                let verdicts = try #require(object[side] as? [String: Int])
                #expect(Set(verdicts.keys) == ["allowed", "limited"])
            }
            #expect(try JSONDecoder().decode(DivergenceReport.self, from: data) == report)
        }
    }

    @Test("a JSON form of another version is refused")
    func refusesOtherVersion() throws {
        let data = try JSONEncoder().encode(DivergenceReport())
        let other = String(decoding: data, as: UTF8.self).replacingOccurrences(
            of: "\"version\":1", with: "\"version\":2")
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(DivergenceReport.self, from: Data(other.utf8)) }
    }
}
