import Foundation
import GRDB
import ParallaxCore
import Testing

@testable import DivergenceStore

@Suite struct SettlementTests {
    private func word(
        _ judgement: Settlement.Judgement = .accepted, _ cause: DivergenceCause = .unexplained,
        organization: String? = nil, share: (Int, Int) = (10, 100), at minute: Int64 = 0, by: String = "ada",
        note: String = "seen"
    ) -> Settlement {
        Settlement(
            time: .sample.plus(minutes: minute),
            group: .init(kind: .newlyLimited, cause: cause, organization: organization), judgement: judgement, by: by,
            note: note, share: .init(divergences: share.0, compared: share.1))
    }

    /// Ten unexplained divergences of acme and two of globex, among 100 compared requests each.
    private func withDivergences(_ body: (DivergenceStore) async throws -> Void) async throws {
        try await withStore { store in
            let recorder = Recorder.sample(store)
            for (organization, count) in [("acme", 10), ("globex", 2)] {
                for index in 0..<100 {
                    let result: Comparison.Result =
                        index < count ? .diverged(.newlyLimited, .unexplained) : .agreed
                    recorder.compared(.sample(result, organization: organization))
                }
            }
            await recorder.flush()
            try await body(store)
        }
    }

    @Test("a word is kept byte for byte, with what the group was", arguments: ["a\0b", "'; --", "\u{202e}é", "x"])
    func keeps(text: String) async throws {
        try await withStore { store in
            let settlement = word(organization: text, by: text, note: text)
            try await store.record(settlement)
            let status = try #require(try await DivergenceStore.settlements(of: [store]).first)
            #expect(ExactText(status.settlement.group.organization ?? "") == ExactText(text))
            #expect(ExactText(status.settlement.by) == ExactText(text))
            #expect(ExactText(status.settlement.note) == ExactText(text))
            #expect(status.settlement.share == settlement.share && status.settlement.time == settlement.time)
            #expect(status.state == .active)
        }
    }

    @Test(
        "what was said can be neither changed nor deleted",
        arguments: ["UPDATE settlement SET note = ''", "DELETE FROM settlement"])
    func appendsOnly(sql: String) async throws {
        try await withStore { store in
            try await store.record(word())
            let error = await #expect(throws: DivergenceStoreError.self) {
                try await store.write { try $0.execute(sql: sql) }
            }
            #expect(error?.message.contains("only added") == true)
            #expect(try await DivergenceStore.settlements(of: [store]).count == 1)
        }
    }

    struct Case: Sendable, CustomStringConvertible {
        let description: String
        let words: [Settlement]
        let unexplained: Int
        let settled: Int
        let bugs: Int
        let states: [SettlementStatus.State]
    }

    private var cases: [Case] {
        [
            Case(description: "nothing said", words: [], unexplained: 12, settled: 0, bugs: 0, states: []),
            Case(
                description: "all expected", words: [word(.expected, share: (12, 200))], unexplained: 0, settled: 12,
                bugs: 0, states: [.active]),
            Case(
                description: "one organization", words: [word(organization: "acme")], unexplained: 2, settled: 10,
                bugs: 0, states: [.active]),
            Case(
                description: "another cause", words: [word(.accepted, .lostWrites)], unexplained: 12, settled: 0,
                bugs: 0, states: [.active]),
            Case(
                description: "the share has not doubled yet", words: [word(share: (7, 200))], unexplained: 0,
                settled: 12, bugs: 0, states: [.active]),
            Case(
                description: "the share has doubled", words: [word(share: (6, 200))], unexplained: 12, settled: 0,
                bugs: 0, states: [.expired]),
            Case(
                description: "an organization's share has doubled, against its own requests",
                words: [word(organization: "acme", share: (5, 100))], unexplained: 12, settled: 0, bugs: 0,
                states: [.expired]),
            Case(
                description: "an organization's own word goes before that on all",
                words: [word(.bug, organization: "globex"), word(share: (12, 200), at: 1)], unexplained: 2,
                settled: 10, bugs: 2, states: [.active, .active]),
            Case(
                description: "the later word on the same group holds",
                words: [word(.bug, share: (12, 200)), word(share: (12, 200), at: 1)], unexplained: 0, settled: 12,
                bugs: 0, states: [.active, .superseded]),
            Case(
                description: "a bug does not run out", words: [word(.bug, share: (1, 200))], unexplained: 12,
                settled: 0, bugs: 12, states: [.active]),
        ]
    }

    @Test("a report applies the settlements that hold")
    func heeds() async throws {
        for example in cases {
            try await withDivergences { store in
                for word in example.words { try await store.record(word) }
                // Whatever a report is narrowed to, a share is that of all.
                for filter in [DivergenceFilter(), DivergenceFilter(cause: .boundary)] {
                    let report = try await store.report(filter)
                    #expect(report.open.unexplained == example.unexplained, "\(example)")
                    #expect(report.open.settledUnexplained == example.settled, "\(example)")
                    #expect(report.open.bugs == example.bugs, "\(example)")
                    #expect(report.settlements.map(\.state) == example.states, "\(example)")
                }
            }
        }
    }

    @Test("a report on one organization judges a word on all by the share of all")
    func judgesByAll() async throws {
        try await withDivergences { store in
            try await store.record(word(share: (12, 200)))
            // Of acme's requests the share is more than 6 in 100.
            let report = try await store.report(DivergenceFilter(organization: "acme"))
            #expect(report.settlements.map(\.state) == [.active])
            #expect(report.settlements.map(\.share) == [.init(divergences: 12, compared: 200)])
            #expect(report.open.settledUnexplained == 10)
        }
    }

    @Test("the same word in two databases counts once, against the requests of both")
    func mergesDatabases() async throws {
        try await withDivergences { first in
            try await withDivergences { second in
                let settlement = word(share: (12, 200))
                for store in [first, second] { try await store.record(settlement) }
                let statuses = try await DivergenceStore.settlements(of: [first, second])
                #expect(statuses.map(\.settlement) == [settlement])
                #expect(statuses.map(\.share) == [.init(divergences: 24, compared: 400)])
                let report = try await DivergenceStore.report(of: [first, second])
                #expect(report.open.settledUnexplained == 24)
            }
        }
    }

    @Test("a group's share is counted over its own organization, in the period asked for")
    func counts() async throws {
        try await withDivergences { store in
            let cases: [(organization: String?, since: Timestamp?, share: Settlement.Share)] = [
                (nil, nil, .init(divergences: 12, compared: 200)),
                ("globex", nil, .init(divergences: 2, compared: 100)),
                ("absent", nil, .init(divergences: 0, compared: 0)),
                (nil, .sample.plus(minutes: 1), .init(divergences: 0, compared: 0)),
            ]
            for example in cases {
                let group = Settlement.Group(
                    kind: .newlyLimited, cause: .unexplained, organization: example.organization)
                let share = try await DivergenceStore.share(
                    of: group, in: [store], DivergenceFilter(since: example.since))
                #expect(share == example.share)
            }
        }
    }
}
