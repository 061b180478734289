import Foundation
import GRDB
import ParallaxCore
import Testing

@testable import DivergenceStore

@Suite struct AffectedTests {
    private func record(_ store: DivergenceStore, instance: String = "a") async {
        let recorder = Recorder.sample(store, instance: instance) { $0.maximumRowsPerMinuteAndGroup = 2 }
        let divergences: [(DivergenceKind, String, String, Int64)] = [
            (.newlyLimited, "acme", "x", 0), (.newlyLimited, "acme", "x", 0), (.newlyLimited, "acme", "y", 0),
            (.newlyLimited, "acme", "y", 7), (.newlyLimited, "globex", "x", 3), (.newlyAllowed, "acme", "z", 5),
            (.differentWindow, "acme", "w", 9),
        ]
        for (kind, organization, identifier, minute) in divergences {
            recorder.compared(
                .sample(
                    .diverged(kind, .boundary), organization: organization, identifier: identifier,
                    at: .sample.plus(minutes: minute)))
        }
        await recorder.flush()
    }

    @Test("who would newly be limited and who let through are told apart, with how often and since when")
    func tellsApart() async throws {
        try await withStore { store in
            await record(store)
            let report = try await store.report()
            let limited = report.newlyLimited
            #expect((limited.requests, limited.organizationCount, limited.identityCount) == (5, 2, 3))
            #expect(limited.organizations.map(\.organization) == ["acme", "globex"])
            #expect(limited.organizations.map(\.requests) == [4, 1])
            #expect(limited.organizations[0].first == .sample)
            #expect(limited.organizations[0].last == .sample.plus(minutes: 7))
            // Of the first minute's three only two were kept one by one.
            #expect(limited.identities.map(\.identifier) == ["x", "y", "x"])
            #expect(limited.identities.map(\.organization) == ["acme", "acme", "globex"])
            #expect(limited.identities.map(\.requests) == [2, 2, 1])
            #expect(limited.identities.map(\.stored) == [2, 1, 1])
            #expect(limited.identities[1].first == .sample && limited.identities[1].last == .sample.plus(minutes: 7))
            let allowed = report.newlyAllowed
            #expect((allowed.requests, allowed.organizationCount, allowed.identityCount) == (1, 1, 1))
            #expect(allowed.identities.map(\.identifier) == ["z"])
        }
    }

    @Test("callers are ranked by all of their requests, however few of them are stored one by one")
    func ranksExactly() async throws {
        try await withStore { store in
            let recorder = Recorder.sample(store) { $0.maximumRowsPerMinuteAndGroup = 3 }
            func limit(_ organization: String, _ identifier: String, _ times: Int, _ kind: DivergenceKind) {
                for _ in 0..<times {
                    recorder.compared(
                        .sample(.diverged(kind, .otherInstances), organization: organization, identifier: identifier))
                }
            }
            // Three rows of the busy organization are kept, whichever identity is hit most.
            limit("acme", "small", 3, .newlyLimited)
            limit("acme", "large", 50, .newlyLimited)
            limit("acme", "both", 20, .newlyLimited)
            limit("acme", "both", 30, .newlyAllowed)
            limit("initech", "quiet", 4, .newlyLimited)
            await recorder.flush()
            let report = try await store.report()
            #expect(report.newlyLimited.identities.map(\.identifier) == ["large", "both", "quiet", "small"])
            #expect(report.newlyLimited.identities.map(\.requests) == [50, 20, 4, 3])
            #expect(report.newlyLimited.identities.map(\.stored) == [0, 0, 3, 3])
            #expect(report.newlyLimited.identityCount == 4)
            #expect(report.newlyAllowed.identities.map(\.requests) == [30])
            let summary = report.summary
            #expect(summary.changed.count == 107 && summary.newlyLimited.callers == 4)
            #expect(summary.undecided.count == 2)
            // Volumes do not know causes: then stored rows are what there is.
            let narrow = try await store.report(DivergenceFilter(cause: .otherInstances)).newlyLimited
            #expect(narrow.identities.map(\.identifier) == ["small", "quiet"])
            #expect(narrow.identities.allSatisfy { $0.requests == nil })
        }
    }

    @Test("rows from before directions were counted go with the units")
    func earlierRows() async throws {
        try await withStore { store in
            await record(store)
            try await store.write { try $0.execute(sql: "UPDATE volume SET newly_limited = NULL") }
            let report = try await store.report()
            #expect(report.newlyLimited.identities.map(\.requests) == [2, 2, 1])
            #expect(report.newlyAllowed.identities.map(\.requests) == [1])
        }
    }

    @Test("of several databases the lists are one, and callers are counted once")
    func merges() async throws {
        try await withStore { first in
            try await withStore { second in
                await record(first)
                await record(second, instance: "b")
                let limited = try await DivergenceStore.report(of: [first, second], maximumAffected: 1).newlyLimited
                #expect(limited.requests == 10)
                #expect(limited.organizations.map(\.requests) == [8])
                #expect(limited.identities.map(\.requests) == [4])
                #expect(limited.identities.map(\.stored) == [4])
                #expect(limited.identityCount == 3)
            }
        }
    }

    @Test("a filter narrows both lists")
    func narrows() async throws {
        try await withStore { store in
            await record(store)
            let report = try await store.report(DivergenceFilter(organization: "globex"))
            #expect(report.newlyLimited.organizations.map(\.organization) == ["globex"])
            #expect(report.newlyLimited.identities.map(\.organization) == ["globex"])
            #expect(report.newlyAllowed == AffectedParties.none)
            let allowed = try await store.report(DivergenceFilter(kind: .newlyAllowed))
            #expect(allowed.newlyLimited.requests == 0 && allowed.newlyAllowed.requests == 1)
        }
    }
}

extension AffectedParties {
    /// Of one database that knows of no one.
    fileprivate static var none: AffectedParties {
        var parties = AffectedParties()
        parties.identityCount = 0
        return parties
    }
}
