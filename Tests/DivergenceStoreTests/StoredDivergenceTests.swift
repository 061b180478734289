import GRDB
import ParallaxCore
import Testing

@testable import DivergenceStore

@Suite struct StoredDivergenceTests {
    @Test("a stored divergence has all that was known of it")
    func keepsEverything() async throws {
        try await withStore { store in
            let evidence = Evidence(
                ownUnits: [1, 2, 3, 4], lostUnits: [0, 1, 0, 0], controlOnlyUnits: [0, 0, 2, 0],
                candidateOnlyUnits: [3, 0, 0, 0], ownOutcome: .limited(by: "minute"), hasSeenOthers: true,
                candidateAskedSince: .sample + -9, clockOffsetMilliseconds: -12, controlRemembersSince: .sample + -5,
                controlEvictedAt: .sample + -1, controlAlgorithm: .tokenBucket, controlPolicyFingerprint: 7)
            let comparison = Comparison.sample(
                .diverged(.differentWindow, .policy), cost: 3, evidence: evidence)
            let recorder = Recorder.sample(store, instance: "pod-1")
            recorder.compared(comparison)
            await recorder.flush()
            let stored = try #require(try await store.divergences(limit: 1).first)
            #expect(stored.instance == "pod-1")
            #expect(stored.time == .sample)
            #expect(stored.organization == "acme" && stored.identifier == "key")
            #expect(stored.cost == 3)
            #expect(stored.kind == .differentWindow && stored.cause == .policy && stored.enforced == .control)
            #expect(stored.policyFingerprint == Policy.defaultValue.fingerprint)
            #expect(stored.evidence == evidence)
            expect(stored.control, matches: comparison.control)
            expect(stored.candidate, matches: comparison.candidate)
        }
    }

    @Test("evidence that is not known stays unknown")
    func keepsUnknown() async throws {
        try await withStore { store in
            let recorder = Recorder.sample(store)
            recorder.compared(.sample(.diverged(.newlyLimited, .unexplained)))
            await recorder.flush()
            let stored = try #require(try await store.divergences(limit: 1).first)
            #expect(stored.evidence == Evidence())
            #expect(stored.control.isAllowed)
            #expect(stored.candidate.limitedBy == "minute")
        }
    }

    @Test("divergences come newest first, of one time the last written first")
    func newestFirst() async throws {
        try await withStore { store in
            let recorder = Recorder.sample(store)
            for (identifier, milliseconds) in [("a", 5), ("b", 9), ("c", 5), ("d", 0)] as [(String, Int64)] {
                recorder.compared(
                    .sample(.diverged(.newlyLimited, .boundary), identifier: identifier, at: .sample + milliseconds))
            }
            await recorder.flush()
            let stored = try await store.divergences(limit: 3)
            #expect(stored.map(\.identifier) == ["b", "c", "a"])
        }
    }

    @Test(
        "hostile strings come back byte for byte and stay apart",
        arguments: [
            "'; DROP TABLE divergence; --", "a\0b", "\0", "\"\\\n\r\t", "%_*?[a]", "💥\u{202e}", "é", "e\u{301}",
            "{a}:{b}",
            String(repeating: "x", count: 256),
        ])
    func keepsHostileStrings(text: String) async throws {
        try await withStore { store in
            let recorder = Recorder.sample(store, instance: text)
            for identifier in [text, text + "x", "é", "e\u{301}", "a"] where identifier.utf8.count <= 256 {
                recorder.compared(
                    .sample(.diverged(.newlyLimited, .boundary), organization: text, identifier: identifier))
                recorder.compared(.sample(.diverged(.newlyLimited, .boundary), identifier: identifier))
            }
            await recorder.flush()
            let filter = DivergenceFilter(organization: text)
            let stored = try await store.divergences(filter, limit: 99)
            let written = [text, text + "x", "é", "e\u{301}", "a"].filter { $0.utf8.count <= 256 }
            #expect(stored.map { Array($0.identifier.utf8) } == written.reversed().map { Array($0.utf8) })
            #expect(stored.allSatisfy { ExactText($0.organization) == ExactText(text) })
            #expect(stored.allSatisfy { ExactText($0.instance) == ExactText(text) })

            // By one identifier, in whichever index it is looked for.
            for times in [filter, DivergenceFilter(since: .sample + -1, until: .sample + 1, organization: text)] {
                let own = try await store.divergences(times, of: [text, "absent"], limit: 99)
                let same = written.filter { ExactText($0) == ExactText(text) }
                #expect(own.map { ExactText($0.identifier) } == same.map(ExactText.init))
            }
            #expect(try await store.divergences(filter, of: [], limit: 99).isEmpty)

            let report = try await store.report(filter)
            #expect(report.diverged == written.count)
            #expect(report.mostAffectedOrganizations.map { ExactText($0.organization!) } == [ExactText(text)])
            #expect(Set(report.mostAffected.map { ExactText($0.identifier) }) == Set(written.map(ExactText.init)))
        }
    }

    @Test(
        "durations are kept in whole microseconds",
        arguments: [(0, 0), (999, 0), (1_000, 1), (2_500_000_999, 2_500_000)])
    func countsMicroseconds(nanoseconds: Int, microseconds: Int64) {
        #expect(Duration.nanoseconds(nanoseconds).wholeMicroseconds == microseconds)
    }

    private func expect(_ stored: StoredDivergence.Verdict, matches observation: Observation) {
        let decision = observation.decision
        #expect(stored.limitedBy == decision.limitingWindow?.window.name)
        #expect(stored.windows.map(\.window) == decision.windows.map(\.window))
        #expect(stored.windows.map(\.used) == decision.windows.map(\.used))
        #expect(stored.retryAfterMilliseconds == decision.retryAfterMilliseconds)
        #expect(stored.judgedAt == decision.judgedAt)
        #expect(Duration.microseconds(stored.durationMicroseconds) == observation.duration)
    }
}
