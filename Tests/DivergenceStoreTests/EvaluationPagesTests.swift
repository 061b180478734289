import ParallaxCore
import Testing

@testable import DivergenceStore

@Suite struct EvaluationPagesTests {
    private func evaluation(_ milliseconds: Int64, _ number: Int) -> Evaluation {
        Evaluation(
            trigger: .errorRate, time: .sample + milliseconds, state: .ok, numbers: ["number": Double(number)],
            sentence: "")
    }

    private func all(
        _ store: DivergenceStore, since: Timestamp? = nil, until: Timestamp? = nil, limit: Int
    ) async throws -> [Evaluation] {
        var (all, place): ([Evaluation], EvaluationCursor?) = ([], nil)
        repeat {
            let page = try await store.evaluations(after: place, since: since, until: until, limit: limit)
            #expect(page.evaluations.count <= limit)
            try #require(all.count <= 100, "the pages have no end")
            all += page.evaluations
            place = page.next
        } while place != nil
        return all
    }

    @Test("pages of any size hold every evaluation once, in the order of their times", arguments: [1, 2, 3, 7, 100])
    func pages(limit: Int) async throws {
        try await withStore { store in
            // Written out of order, several at one time, as by two instances.
            let evaluations = [30, 10, 10, 20, 10, 40, 40].enumerated().map { evaluation($1, $0) }
            for evaluation in evaluations { try await store.record([evaluation]) }
            let expected = [1, 2, 4, 3, 0, 5, 6].map { evaluations[$0] }
            #expect(try await all(store, limit: limit) == expected)
            #expect(
                try await all(store, since: .sample + 20, until: .sample + 40, limit: limit)
                    == [evaluations[3], evaluations[0]])
            #expect(try await all(store, since: .sample + 41, limit: limit).isEmpty)
        }
    }
}
