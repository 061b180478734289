import Foundation
import GRDB
import ParallaxCore
import Testing

@testable import DivergenceStore

@Suite struct DetailsTests {
    @Test("each group has its newest examples, from whichever database")
    func newestExamples() async throws {
        try await withStore { first in
            try await withStore { second in
                for (store, shift) in [(first, 0), (second, 1)] as [(DivergenceStore, Int64)] {
                    let recorder = Recorder.sample(store)
                    for minute in 0..<4 as Range<Int64> {
                        recorder.compared(
                            .sample(
                                .diverged(.newlyLimited, .boundary), identifier: "\(minute * 2 + shift)",
                                at: .sample.plus(minutes: minute * 2 + shift)))
                    }
                    recorder.compared(.sample(.diverged(.newlyAllowed, .unexplained), identifier: "rare"))
                    recorder.compared(.sample(.diverged(.quotaDrift, .boundary)))
                    await recorder.flush()
                }
                let details = try await DivergenceStore.details(of: [first, second], examples: 3)
                #expect(details.groups.map(\.kind) == [.newlyLimited, .newlyAllowed])
                #expect(details.groups[0].examples.map(\.identifier) == ["7", "6", "5"])
                #expect(details.groups[1].examples.map(\.identifier) == ["rare", "rare"])
                let none = try await DivergenceStore.details(of: [first], DivergenceFilter(organization: "other"))
                #expect(none == ReportDetails())
            }
        }
    }

    @Test("the requests of all totals are those that both sides were asked about")
    func sums() async throws {
        try await withStore { store in
            let recorder = Recorder.sample(store) { $0.maximumOrganizationsPerMinute = 2 }
            for organization in ["a", "b", "c"] {
                for result in everyResult { recorder.compared(.sample(result, organization: organization)) }
            }
            await recorder.flush()
            try await store.write {
                try $0.execute(sql: "INSERT INTO dropped VALUES (0, 'comparison', 'disk_full', 7)")
            }
            let totals = try await store.totals(DivergenceFilter())
            #expect(totals.map(\.requests).reduce(0, +) == everyResult.count * 3 + 7)
            #expect(totals.first?.outcome == "dropped" && totals.first?.detail == "disk_full")
            #expect(Set(totals.map(\.organization)) == ["a", "b", nil])
            let narrow = try await store.totals(
                DivergenceFilter(organization: "a", kind: .newlyLimited, cause: .restart))
            #expect(narrow.count { $0.outcome == "diverged" } == 1)
            #expect(narrow.count { $0.outcome == "agreed" } == 1)
        }
    }
}
